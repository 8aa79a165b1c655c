//! Writes to standard output, buffered, and to standard error.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::time::{Duration, Instant};

/// Standard output: buffered for a file or pipe, flushed after each line on a terminal.
#[derive(Debug)]
pub(crate) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    by_line: bool,
    colors: bool,
}

/// The kind of a text, which decides its color.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    Bad,
    Doubtful,
    Good,
    Quiet,
}

impl Output {
    pub(crate) fn new() -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            by_line: terminal,
            colors: terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        }
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")?;
        if self.by_line {
            self.out.flush()
        } else {
            Ok(())
        }
    }

    /// Writes the text without adding a line break.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Returns the text in the color of its tone, if colors are enabled.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Bad => "1;31",
            Tone::Doubtful => "1;33",
            Tone::Good => "1;32",
            Tone::Quiet => "2",
        };
        if self.colors {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Prints to standard output without buffering.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints an error line to standard error. Escapes control characters, which can come from the command
/// line. Ignores write errors, because there is nowhere left to report them.
pub(crate) fn print_failure(line: &str) {
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    let _ = writeln!(io::stderr().lock(), "author: {shown}");
}

/// Prints a line to standard error.
pub(crate) fn print_error_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A progress display on standard error, if that is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        // On the same terminal, progress and output would overwrite each other.
        let terminal = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self {
            began: Instant::now(),
            shown: None,
            terminal,
        }
    }

    /// Shows the progress after the first second, at most five times per second.
    pub(crate) fn at(&mut self, done: usize, all: usize) {
        if !self.terminal || !done.is_multiple_of(1_024) {
            return;
        }
        let since = self.shown.unwrap_or(self.began).elapsed();
        let pause = if self.shown.is_some() {
            Duration::from_millis(200)
        } else {
            Duration::from_secs(1)
        };
        if since >= pause {
            let _ = write!(io::stderr(), "\r{done} of {all} events");
            self.shown = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

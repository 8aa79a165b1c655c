//! Standard output, in one buffer, and what goes to standard error beside it.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::time::{Duration, Instant};

/// Standard output: buffered when it goes to a file or a pipe, line by line on a terminal.
#[derive(Debug)]
pub(crate) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    by_line: bool,
    colours: bool,
}

/// What a text is, for colours.
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
            colours: terminal && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
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

    /// As it is, without a line break of ours.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The text in the colour of its tone, where colours are wanted.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Bad => "1;31",
            Tone::Doubtful => "1;33",
            Tone::Good => "1;32",
            Tone::Quiet => "2",
        };
        if self.colours {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Prints to standard output at once.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// One line to standard error, control characters of the command line escaped. If nobody reads that
/// either, there is nothing left to do.
pub(crate) fn complain(line: &str) {
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

/// As it is, to standard error.
pub(crate) fn aside(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How far long work is, on standard error, when that is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        // Two writers on one terminal would run into each other.
        let terminal = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self {
            began: Instant::now(),
            shown: None,
            terminal,
        }
    }

    /// Shown after the first second, at most five times a second.
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

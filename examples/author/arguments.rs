//! The commands and their flags.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use pointsman::adapter::Adapter;

use crate::{Failure, output};

#[derive(Debug, Parser)]
#[command(
    name = "author",
    version,
    about = "Checks, formats, tries out, explains and tests rules of Pointsman",
    after_help = "Exit codes: 0 fine, 1 the rules have errors or a test failed, 2 the command could not be carried out."
)]
struct Author {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show everything that is wrong, or probably not meant, in rule files
    Check(CheckArguments),
    /// Rewrite rule files in the one canonical layout, comments kept
    Fmt(FormatArguments),
    /// Route events, one line of JSON for each
    Route(RouteArguments),
    /// Say why each rule did or did not take an event, nearest miss first
    Explain(ExplainArguments),
    /// Run the `test` blocks of rule files
    Test(TestArguments),
    /// Print the callbacks that delivery receipts come to, one receipt a line
    Receipts(ReceiptsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Rule files, read together as one rule set
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// For people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Layout::Human)]
    pub(crate) format: Layout,
    /// Exit 1 also on warnings
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FormatArguments {
    /// Rule files; `-` reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and exit 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RouteArguments {
    /// Rule files, read together as one rule set
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Events: one JSON value, or one a line; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) events: PathBuf,
    #[command(flatten)]
    pub(crate) host: HostArguments,
    /// Print the bodies of callbacks in place of outcomes
    #[arg(long)]
    pub(crate) callbacks: bool,
    /// Print the requests to these registrations in place of outcomes: a JSON list, or one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) registrations: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReceiptsArguments {
    /// Receipts of carriers and handsets, one a line; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What `now` is, in RFC 3339; the clock if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Print the requests to these registrations in place of bodies: a JSON list, or one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) registrations: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Rule files, read together as one rule set
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The event, as JSON; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) event: PathBuf,
    /// This rule alone
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// For people, or JSON
    #[arg(long, value_enum, default_value_t = Layout::Human)]
    pub(crate) format: Layout,
    #[command(flatten)]
    pub(crate) host: HostArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// Rule files, read together as one rule set
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Also list what each rule did in the tests
    #[arg(long)]
    pub(crate) coverage: bool,
}

/// What a host would bring along.
#[derive(Debug, Args)]
pub(crate) struct HostArguments {
    /// Answers to what the rules ask, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// What `now` is, in RFC 3339; the clock if left out
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Whose format the events are in: vibes, vibes-v1, esputnik or carecloud
    #[arg(long, value_name = "NAME", default_value = "vibes", value_parser = adapter)]
    pub(crate) adapter: Adapter,
    /// Take any well-formed event type, declared or not
    #[arg(long)]
    pub(crate) open: bool,
    /// Where ids for events without one come from; new ones each time if left out
    #[arg(long, value_name = "seed:N")]
    pub(crate) ids: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    Human,
    Json,
}

/// The command of this process; help and version are printed here, wrong usage is one line.
pub(crate) fn parse() -> Result<Command, Failure> {
    let error = match Author::try_parse() {
        Ok(author) => return Ok(author.command),
        Err(error) => error,
    };
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        output::print(&error.render().to_string())?;
        std::process::exit(0);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(Failure::Usage("a command is missing: see --help".into()));
    }
    let text = error.render().to_string();
    // The first paragraph says what is wrong; the usage that follows is for `--help`.
    let wrong = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = wrong.split_whitespace().collect();
    let line = words.join(" ");
    Err(Failure::Usage(
        line.trim_start_matches("error: ").to_owned(),
    ))
}

fn adapter(name: &str) -> Result<Adapter, String> {
    Adapter::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Adapter::ALL.iter().map(|adapter| adapter.name()).collect();
        format!("known are {}", known.join(", "))
    })
}

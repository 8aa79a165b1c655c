//! Defines the commands and their flags.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use pointsman::adapter::Adapter;

use crate::{Failure, output};

#[derive(Debug, Parser)]
#[command(
    name = "author",
    version,
    about = "Checks, formats, routes, explains and tests Pointsman rules",
    after_help = "Exit codes: 0 success, 1 the rules have errors or a test failed, 2 the command could not run."
)]
struct Author {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report errors and warnings in rule files
    Check(CheckArguments),
    /// Rewrite rule files in the canonical layout, keeping comments
    Fmt(FormatArguments),
    /// Route events and print one line of JSON for each
    Route(RouteArguments),
    /// Explain why each rule accepted an event or not, nearest miss first
    Explain(ExplainArguments),
    /// Run the `test` blocks of rule files
    Test(TestArguments),
    /// Print the callbacks for delivery receipts, one receipt per line
    Receipts(ReceiptsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Rule files, read together as one rule set
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Output for people, or one JSON object per line
    #[arg(long, value_enum, default_value_t = Layout::Human)]
    pub(crate) format: Layout,
    /// Exit with 1 on warnings, too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FormatArguments {
    /// Rule files; `-` reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Change nothing; list the files that would change, and exit with 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RouteArguments {
    /// Rule files, read together as one rule set
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Events: one JSON value, or one per line; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) events: PathBuf,
    #[command(flatten)]
    pub(crate) host: HostArguments,
    /// Print callback bodies instead of outcomes
    #[arg(long)]
    pub(crate) callbacks: bool,
    /// Print the requests for these registrations instead of outcomes: a JSON list, or one per line
    #[arg(long, value_name = "FILE")]
    pub(crate) registrations: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReceiptsArguments {
    /// Receipts of carriers and handsets, one per line; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The value of `now`, in RFC 3339; default: the current time
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Print the requests for these registrations instead of bodies: a JSON list, or one per line
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
    /// Explain only this rule
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Option<String>,
    /// Output for people, or JSON
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
    /// Also list in how many tests each rule accepts an event
    #[arg(long)]
    pub(crate) coverage: bool,
}

/// The flags that stand in for a host.
#[derive(Debug, Args)]
pub(crate) struct HostArguments {
    /// Answers to the questions of the rules, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// The value of `now`, in RFC 3339; default: the current time
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// The vendor format of the events: vibes, vibes-v1, esputnik or carecloud
    #[arg(long, value_name = "NAME", default_value = "vibes", value_parser = adapter)]
    pub(crate) adapter: Adapter,
    /// Accept any well-formed event type, declared or not
    #[arg(long)]
    pub(crate) open: bool,
    /// Derive ids for events that have none from a seed; default: new ids on each run
    #[arg(long, value_name = "seed:N")]
    pub(crate) ids: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    Human,
    Json,
}

/// Parses the command line. Prints help and version; reports wrong usage in one line.
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
    // The first paragraph has the error; the usage after it belongs to `--help`.
    let error_paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = error_paragraph.split_whitespace().collect();
    let line = words.join(" ");
    Err(Failure::Usage(
        line.trim_start_matches("error: ").to_owned(),
    ))
}

fn adapter(name: &str) -> Result<Adapter, String> {
    Adapter::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Adapter::ALL.iter().map(|adapter| adapter.name()).collect();
        format!("known adapters: {}", known.join(", "))
    })
}

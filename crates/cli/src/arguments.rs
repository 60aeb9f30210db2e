//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

const EXIT_CODES: &str = "\
Credentials, profiles and Regions are those of the AWS CLI; a role that wants a code of a device asks for it.
A meeting or a pipeline is an id or an ARN; a place in S3 is s3://BUCKET/PREFIX.
Exit codes: 0 done, 1 failed, 2 arguments not understood, 3 cannot be told, 130 Ctrl-C.";

const EVERYWHERE: &str = "Options of every command";

/// Record Amazon Chime SDK meetings, from start to finish
#[derive(Debug, Parser)]
#[command(name = "chimeline", version, max_term_width = 100, infer_subcommands = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Shared {
    /// The control Region; else AWS_REGION and the profile
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) region: Option<String>,
    /// A profile of the shared config files
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) profile: Option<String>,
    /// Where to send requests in place of AWS
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Print JSON, for programs
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Record a meeting until Ctrl-C or the longest duration, then stop
    Record(Record),
    /// List pipelines of every kind, in every Region unless --region names one
    Ls {
        /// Also those that have ended and are still listed
        #[arg(long)]
        all: bool,
    },
    /// Show the states of a pipeline as they come, until its end
    Watch {
        /// The pipeline: an id or an ARN
        pipeline: String,
        /// Seconds between two looks
        #[arg(long, default_value_t = 2.0)]
        delay: f64,
    },
    /// Stop recordings: of a meeting, of pipelines, or all that fit
    Stop(Stop),
    /// Join the files of a capture, once
    Concat {
        /// The capture: an ARN, or an id while the service knows it
        capture: String,
        /// Where to: s3://BUCKET/PREFIX
        destination: String,
        /// Wait for the joined files
        #[arg(long)]
        wait: bool,
    },
    /// Show where a capture or a concatenation writes its files
    Artifacts {
        /// The pipeline: an id or an ARN
        pipeline: String,
        /// The sink of a pipeline that the service no longer knows
        #[arg(long, value_name = "S3-URL")]
        sink: Option<String>,
    },
    /// Stop what killed processes left: by their journal, or by tags and age
    Reap(Reap),
    /// Look whether a meeting can be recorded; changes nothing
    Doctor(Doctor),
    /// Print the policies that recordings need; asks for nothing
    Policy {
        /// bucket, key, caller, sns or sqs; all of them unless given
        which: Option<String>,
        /// The bucket: a name, s3://BUCKET or an ARN
        #[arg(long)]
        bucket: Option<String>,
        /// The account, 12 digits
        #[arg(long)]
        account: String,
        /// capture, concatenation or live-connector
        #[arg(long, default_value = "capture", value_name = "PURPOSE")]
        r#for: String,
        /// For the legacy namespace chime
        #[arg(long)]
        legacy: bool,
    },
    /// Make one call: JSON in, JSON out
    Call {
        /// The operation, such as GetMeeting or get-meeting
        operation: String,
        /// Its input as JSON; - reads standard input
        #[arg(default_value = "{}")]
        input: String,
        /// The service, where several have the operation: chime, chime-sdk-media-pipelines or chime-sdk-meetings
        #[arg(long)]
        service: Option<String>,
    },
    /// Run a local Amazon Chime SDK service; `chimeline local --help` lists its arguments
    Local,
    /// Print completions for a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: Shell,
    },
}

/// The arguments of `record`.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// The meeting: an id or an ARN
    pub(crate) meeting: String,
    /// Where to: s3://BUCKET/PREFIX
    pub(crate) sink: String,
    /// What to capture, such as audio,video,content
    #[arg(long, value_delimiter = ',')]
    pub(crate) artifacts: Vec<String>,
    /// KEY=VALUE, as often as wanted
    #[arg(long, value_parser = tag)]
    pub(crate) tag: Vec<(String, String)>,
    /// Stop after that many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) max_duration: Option<f64>,
    /// Join the files there after the stop: s3://BUCKET/PREFIX
    #[arg(long, value_name = "S3-URL")]
    pub(crate) concatenate_to: Option<String>,
    /// Where `chimeline reap` finds this recording if this command is killed
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Only start; the recording goes on after this command
    #[arg(long, conflicts_with_all = ["max_duration", "concatenate_to", "journal"])]
    pub(crate) detach: bool,
}

/// The arguments of `stop`.
#[derive(Debug, Args)]
pub(crate) struct Stop {
    /// Meetings and pipelines: ids or ARNs
    pub(crate) targets: Vec<String>,
    /// All that are older than that many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) older_than: Option<f64>,
    /// All with the tag KEY=VALUE
    #[arg(long, value_parser = tag)]
    pub(crate) tag: Vec<(String, String)>,
    /// Join the files there: s3://BUCKET/PREFIX
    #[arg(long, value_name = "S3-URL")]
    pub(crate) concatenate_to: Option<String>,
    /// Wait for the end
    #[arg(long)]
    pub(crate) wait: bool,
    /// Of the legacy namespace chime
    #[arg(long, conflicts_with_all = ["tag", "older_than", "concatenate_to"])]
    pub(crate) legacy: bool,
    /// Do not ask before more than one is stopped
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// The arguments of `reap`.
#[derive(Debug, Args)]
pub(crate) struct Reap {
    /// The journal of the recordings; what living processes guard is left to them
    #[arg(long, value_name = "FILE", required_unless_present_any = ["tag", "older_than"], conflicts_with_all = ["tag", "older_than"])]
    pub(crate) journal: Option<PathBuf>,
    /// Those with the tag KEY=VALUE
    #[arg(long, value_parser = tag)]
    pub(crate) tag: Vec<(String, String)>,
    /// Those that are older than that many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) older_than: Option<f64>,
    /// Only say what would be stopped
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before more than one is stopped that no journal names
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Where to: s3://BUCKET/PREFIX
    pub(crate) sink: Option<String>,
    /// The meeting: an id or an ARN
    #[arg(long)]
    pub(crate) meeting: Option<String>,
    /// The Region of the meeting's media
    #[arg(long)]
    pub(crate) media_region: Option<String>,
    /// Where the files are joined: s3://BUCKET/PREFIX
    #[arg(long, value_name = "S3-URL")]
    pub(crate) concatenate_to: Option<String>,
    /// Look for the legacy namespace chime
    #[arg(long)]
    pub(crate) legacy: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1e9).contains(&number) => Ok(number),
        _ => Err("a number of seconds from 0 up is wanted".to_owned()),
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a tag is KEY=VALUE".to_owned()),
    }
}

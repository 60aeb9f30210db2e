//! What the process has run out of: errors of the operating system that say nothing of the configuration, and pass.

use std::io;

use crate::error::kinds::{Error, ErrorKind};

/// The error for what the operating system refused, which another attempt may get.
pub(crate) fn refused(what: &str, error: &io::Error) -> Error {
    let cure = cure(error).map(|cure| format!("; {cure}")).unwrap_or_default();
    Error::new(ErrorKind::EndpointConnection, format!("{what}: {error}{cure}"))
}

/// What helps where the process or the machine has run out of something.
pub(crate) fn cure(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        #[cfg(unix)]
        TOO_MANY_OF_PROCESS => Some("close files and connections of this process, or raise its limit (ulimit -n)"),
        #[cfg(unix)]
        TOO_MANY_OF_SYSTEM => {
            Some("close files and connections on this machine, or raise its limit (sysctl fs.file-max)")
        }
        #[cfg(windows)]
        WSAEMFILE => Some("close files and connections of this process"),
        _ if error.kind() == io::ErrorKind::OutOfMemory => Some("the process has no memory left"),
        _ => None,
    }
}

/// EMFILE, the same number on every Unix.
#[cfg(unix)]
const TOO_MANY_OF_PROCESS: i32 = 24;
/// ENFILE, the same number on every Unix.
#[cfg(unix)]
const TOO_MANY_OF_SYSTEM: i32 = 23;
#[cfg(windows)]
const WSAEMFILE: i32 = 10024;

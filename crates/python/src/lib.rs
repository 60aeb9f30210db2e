//! The native part of the Python package: the core's clients for Python values, blocking and on asyncio.

mod bridge;
mod cli;
mod client;
mod errors;
mod local;
mod model;
mod options;
mod prepared;
mod question;
mod recording;
mod value;

/// `chimeline._native`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::bridge::Bridge;
    #[pymodule_export]
    use crate::cli::run_cli;
    #[pymodule_export]
    use crate::client::NativeClient;
    #[pymodule_export]
    use crate::client::{fork_generation, session_settings};
    #[pymodule_export]
    use crate::local::LocalServer;
    #[pymodule_export]
    use crate::local::run_local;
    #[pymodule_export]
    use crate::model::{
        available_partitions, available_regions, partition_for_region, service_model, validate_error, validate_output,
    };
    #[pymodule_export]
    use crate::options::seconds_of;
    #[pymodule_export]
    use crate::prepared::{PreparedCall, prepare};
    #[pymodule_export]
    use crate::question::{CredentialsCache, Question};
    #[pymodule_export]
    use crate::recording::{RecordingPlan, recording_function};

    /// The version of the package.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// Whether the module was built for speed.
    #[pymodule_export]
    const OPTIMIZED: bool = !cfg!(debug_assertions);
}

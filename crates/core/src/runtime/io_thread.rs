//! The one I/O thread of a process, made at the first asynchronous call.

use tokio::runtime::Handle;

use crate::error::kinds::Error;
use crate::error::resource_limits;
use crate::runtime::builder;
use crate::runtime::per_process::PerProcess;

static IO: PerProcess<Handle> = PerProcess::new();

/// The runtime of this process's I/O thread.
pub(crate) fn io() -> Result<Handle, Error> {
    IO.get(|| {
        let fail = |e: std::io::Error| resource_limits::refused("the I/O thread cannot be started", &e);
        let runtime = builder::runtime().map_err(fail)?;
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(std::future::pending::<()>());
        builder::thread("chimeline-io").spawn(run).map_err(fail)?;
        Ok(handle)
    })
}

use super::Files;
use crate::Result;
use crate::model::Service;

pub fn emit(_services: &[Service], _files: &mut Files) -> Result<()> {
    Ok(())
}

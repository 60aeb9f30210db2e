//! The generated files as texts, by language. Nothing here reads or writes a file.

mod docstring;
mod exceptions;
mod javascript;
mod javascript_examples;
mod javascript_types;
mod literals;
mod options;
mod python;
mod python_docs;
mod python_types;
mod reference;
mod rust;
pub mod text;

use crate::errors::ErrorClasses;
use crate::options::Options;
use crate::paths::Result;
use crate::services::Service;

use text::Files;

/// Everything that follows from the models.
pub fn all(services: &[Service], errors: &ErrorClasses, options: &Options) -> Result<Files> {
    let mut files = Files::new();
    rust::emit(services, errors, &mut files)?;
    python::emit(services, errors, &mut files)?;
    python_types::emit(services, &mut files)?;
    javascript::emit(services, errors, &mut files)?;
    javascript_types::emit(services, errors, &mut files)?;
    reference::emit(services, &mut files)?;
    options::emit(options, &mut files)?;
    reference::tables::emit(services, errors, options, &mut files);
    Ok(files)
}

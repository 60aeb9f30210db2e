//! The credentials providers, one a file, by the field's names.
//!
//! A provider gives credentials or the reason why it has none; it caches nothing.

pub(crate) mod assume_role;
pub(crate) mod container;
pub(crate) mod document;
pub(crate) mod imds;
pub(crate) mod login;
pub mod mfa;
pub(crate) mod process;
pub(crate) mod sso;
pub(crate) mod sts;

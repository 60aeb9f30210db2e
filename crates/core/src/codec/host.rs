//! What the core asks of a host language: to read its values, and to build them.

use std::borrow::Cow;

use crate::codec::timestamp::Timestamp;
use crate::schema::Member;

/// A value of the host: a Python object, a JavaScript value, a [`serde_json::Value`].
///
/// Each reader answers `None` (or `false`) when the value is not of that kind, and fails only when the host itself raised.
pub trait HostValue {
    /// What the host raises.
    type Violation;

    /// How messages name the host's types.
    const TYPES: TypeNames;

    /// The text of a string.
    fn string(&self) -> Result<Text<'_>, Self::Violation>;

    /// A boolean.
    fn boolean(&self) -> Result<Option<bool>, Self::Violation>;

    /// A whole number.
    fn integer(&self) -> Result<Option<Integer>, Self::Violation>;

    /// A point in time.
    fn timestamp(&self) -> Result<Option<Timestamp>, Self::Violation>;

    /// Calls `each` for the entries of a map in their order; `false` if the value is no map.
    #[expect(clippy::type_complexity, reason = "a name for the closure would only hide what it takes")]
    fn entries(
        &self,
        each: &mut dyn FnMut(Key<'_>, &Self) -> Result<(), Self::Violation>,
    ) -> Result<bool, Self::Violation>;

    /// Calls `each` for the items of a list in their order; `false` if the value is no list.
    fn items(&self, each: &mut dyn FnMut(&Self) -> Result<(), Self::Violation>) -> Result<bool, Self::Violation>;

    /// The value as the host's own JSON has it, for members that are sent as they were given; nothing for what JSON cannot say.
    fn json_as_given(&self) -> Option<String> {
        None
    }

    /// The same for what stands in a path or query.
    fn text_as_given(&self) -> Option<String> {
        None
    }

    /// The value and its type, as messages quote them. Fails where the host raises while it writes the value.
    fn describe(&self) -> Result<Description, Self::Violation>;
}

/// A key of a host's map.
#[derive(Debug)]
pub struct Key<'a> {
    /// The key as text.
    pub text: Cow<'a, str>,
    /// What the key is when it is no string: such a key is never the name of a member.
    pub non_string: Option<Description>,
}

/// What a host's value is as text.
#[derive(Debug)]
pub enum Text<'a> {
    /// Text.
    Unicode(Cow<'a, str>),
    /// A string of the host that is not Unicode text: it holds half of a surrogate pair.
    LoneSurrogate,
    /// No string.
    Other,
}

/// A whole number of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integer {
    /// One that fits.
    Small(i64),
    /// One that does not, in decimal.
    Big(String),
    /// Python's `bool` is an `int`.
    Boolean(bool),
}

/// A value and its type, as messages quote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The value, as the host's `str()` has it.
    pub value: String,
    /// The type, as the host prints it.
    pub type_name: String,
}

/// The host's names of the types that each kind of shape accepts.
#[derive(Clone, Copy, Debug)]
pub struct TypeNames {
    /// For a structure or a map.
    pub map: &'static str,
    /// For a list.
    pub list: &'static str,
    /// For a string.
    pub string: &'static str,
    /// For a whole number.
    pub integer: &'static str,
    /// For a boolean.
    pub boolean: &'static str,
    /// For a point in time.
    pub timestamp: &'static str,
    /// How messages write true and false.
    pub boolean_values: [&'static str; 2],
    /// Whether an unknown member that looks like a slip gets the name that was meant, in place of all names.
    pub suggests_names: bool,
}

/// Where a value of a response belongs.
#[derive(Clone, Copy, Debug)]
pub enum Slot<'a> {
    /// A member of the map that is open.
    Member(&'static Member),
    /// An entry of the map that is open.
    Entry(&'a str),
    /// An item of the list that is open.
    Item,
}

/// Builds values of the host out of a response, event by event, into a map that is open from the start.
pub trait HostBuilder {
    /// What the host raises.
    type Violation: std::fmt::Display;

    /// A null, which only lists and maps hold.
    fn null(&mut self, slot: Slot<'_>) -> Result<(), Self::Violation>;

    /// A boolean.
    fn boolean(&mut self, slot: Slot<'_>, value: bool) -> Result<(), Self::Violation>;

    /// A whole number.
    fn integer(&mut self, slot: Slot<'_>, value: i64) -> Result<(), Self::Violation>;

    /// Another number.
    fn float(&mut self, slot: Slot<'_>, value: f64) -> Result<(), Self::Violation>;

    /// Text.
    fn string(&mut self, slot: Slot<'_>, value: &str) -> Result<(), Self::Violation>;

    /// A point in time.
    fn timestamp(&mut self, slot: Slot<'_>, value: Timestamp) -> Result<(), Self::Violation>;

    /// Opens a map; what follows belongs to it until [`HostBuilder::close`].
    fn open_map(&mut self, slot: Slot<'_>) -> Result<(), Self::Violation>;

    /// Opens a list; what follows belongs to it until [`HostBuilder::close`].
    fn open_list(&mut self, slot: Slot<'_>) -> Result<(), Self::Violation>;

    /// Closes what was opened last.
    fn close(&mut self) -> Result<(), Self::Violation>;

    /// Forgets all that was built: the response is read once more.
    fn restart(&mut self) -> Result<(), Self::Violation>;
}

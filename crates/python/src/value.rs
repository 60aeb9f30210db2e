//! Python objects as the core's host values, and the builder of result dicts.

use std::borrow::Cow;

use chimeline_core::codec::host::{Description, HostBuilder, HostValue, Integer, Key, Slot, Text, TypeNames};
use chimeline_core::codec::timestamp::Timestamp;
use chimeline_core::schema::{Kind, Member, Operation, Service, Shape, Structure};
use pyo3::PyTypeInfo;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyTzInfo};

/// An input value.
pub(crate) struct Value<'py>(pub(crate) Bound<'py, PyAny>);

impl HostValue for Value<'_> {
    type Violation = PyErr;

    const TYPES: TypeNames = TypeNames {
        map: "<class 'dict'>",
        list: "<class 'list'>, <class 'tuple'>",
        string: "<class 'str'>",
        integer: "<class 'int'>",
        boolean: "<class 'bool'>",
        timestamp: "<class 'datetime.datetime'>, timestamp-string",
        boolean_values: ["False", "True"],
        suggests_names: false,
    };

    fn string(&self) -> PyResult<Text<'_>> {
        let Ok(text) = self.0.cast::<PyString>() else { return Ok(Text::Other) };
        Ok(text.to_str().map_or(Text::LoneSurrogate, |text| Text::Unicode(Cow::Borrowed(text))))
    }

    fn boolean(&self) -> PyResult<Option<bool>> {
        Ok(self.0.cast::<PyBool>().ok().map(pyo3::types::PyBoolMethods::is_true))
    }

    fn integer(&self) -> PyResult<Option<Integer>> {
        if let Ok(boolean) = self.0.cast::<PyBool>() {
            return Ok(Some(Integer::Boolean(boolean.is_true())));
        }
        let Ok(number) = self.0.cast::<PyInt>() else { return Ok(None) };
        match number.extract() {
            Ok(small) => Ok(Some(Integer::Small(small))),
            Err(_) => Ok(Some(Integer::Big(number.str()?.to_str()?.to_owned()))),
        }
    }

    fn timestamp(&self) -> PyResult<Option<Timestamp>> {
        if self.0.is_instance_of::<PyDateTime>() {
            // Takes a naive time as local, as botocore does.
            let seconds = self.0.call_method0(pyo3::intern!(self.0.py(), "timestamp"))?;
            return Ok(Timestamp::from_host(seconds.extract()?));
        }
        if let Ok(text) = self.0.cast::<PyString>() {
            return Ok(text.to_str().ok().and_then(Timestamp::parse));
        }
        if self.0.is_instance_of::<PyInt>() || self.0.is_instance_of::<PyFloat>() {
            return match self.0.extract() {
                Ok(seconds) => Ok(Timestamp::from_seconds(seconds)),
                // A whole number that is greater than any double.
                Err(raised) if raised.is_instance_of::<PyOverflowError>(self.0.py()) => Ok(None),
                Err(raised) => Err(raised),
            };
        }
        Ok(None)
    }

    fn entries(&self, each: &mut dyn FnMut(Key<'_>, &Self) -> PyResult<()>) -> PyResult<bool> {
        let Ok(dict) = self.0.cast::<PyDict>() else { return Ok(false) };
        // A copy, for what reads a key or a value may be the user's own code, and change the dict.
        for (key, value) in dict.copy()? {
            let value = Value(value);
            if let Ok(Ok(text)) = key.cast::<PyString>().map(|key| key.to_str()) {
                each(Key { text: Cow::Borrowed(text), non_string: None }, &value)?;
                continue;
            }
            let non_string = Value(key).describe()?;
            each(Key { text: Cow::Owned(non_string.value.clone()), non_string: Some(non_string) }, &value)?;
        }
        Ok(true)
    }

    fn items(&self, each: &mut dyn FnMut(&Self) -> PyResult<()>) -> PyResult<bool> {
        if let Ok(list) = self.0.cast::<PyList>() {
            for item in list {
                each(&Value(item))?;
            }
            return Ok(true);
        }
        let Ok(tuple) = self.0.cast::<PyTuple>() else { return Ok(false) };
        for item in tuple {
            each(&Value(item))?;
        }
        Ok(true)
    }

    fn describe(&self) -> PyResult<Description> {
        let text = |of: &Bound<'_, PyAny>| PyResult::Ok(of.str()?.to_string_lossy().into_owned());
        Ok(Description { value: text(&self.0)?, type_name: text(self.0.get_type().as_any())? })
    }
}

/// The names of a service's members as interned Python strings, by their symbol.
pub(crate) struct Names(Vec<Py<PyString>>);

impl Names {
    pub(crate) fn new(py: Python<'_>, service: &Service) -> Names {
        Names(service.symbols.iter().map(|name| PyString::intern(py, name).unbind()).collect())
    }
}

/// Builds the dict of a result, whose members come in the model's order whatever the order on the wire.
pub(crate) struct DictBuilder<'py, 'n> {
    py: Python<'py>,
    names: &'n Names,
    open: Vec<Container<'py>>,
    /// How many entries of the root were there before.
    kept: usize,
}

enum Container<'py> {
    Structure { dict: Bound<'py, PyDict>, structure: &'static Structure, order: Order },
    Map { dict: Bound<'py, PyDict>, value: Option<&'static Shape> },
    List { list: Bound<'py, PyList>, item: Option<&'static Shape> },
}

impl Container<'_> {
    /// Brings the members of a structure into the model's order.
    fn ordered(&self) -> PyResult<()> {
        let Container::Structure { dict, structure, order: Order { broken: true, .. } } = self else { return Ok(()) };
        // A dict has the order in which its keys were set.
        for member in structure.members {
            if let Some(value) = dict.get_item(member.name)? {
                dict.del_item(member.name)?;
                dict.set_item(member.name, value)?;
            }
        }
        Ok(())
    }
}

/// Whether the members that a structure was given so far came in the model's order.
#[derive(Clone, Copy, Default)]
struct Order {
    last: usize,
    broken: bool,
}

impl Order {
    fn note(&mut self, member: &Member) {
        // The members of a structure are one slice, so that their addresses have its order.
        let place = std::ptr::from_ref(member).addr();
        self.broken |= place <= self.last;
        self.last = place;
    }
}

impl<'py, 'n> DictBuilder<'py, 'n> {
    pub(crate) fn new(
        root: Bound<'py, PyDict>,
        operation: &'static Operation,
        names: &'n Names,
    ) -> DictBuilder<'py, 'n> {
        let (py, kept) = (root.py(), root.len());
        let root = match operation.output {
            Some(structure) => Container::Structure { dict: root, structure, order: Order::default() },
            None => Container::Map { dict: root, value: None },
        };
        DictBuilder { py, names, kept, open: vec![root] }
    }

    fn put(&mut self, slot: Slot<'_>, value: impl IntoPyObject<'py>) -> PyResult<()> {
        match (self.open.last_mut(), slot) {
            (Some(Container::Structure { dict, order, .. }), Slot::Member(member)) => {
                order.note(member);
                match self.names.0.get(usize::from(member.symbol)) {
                    Some(name) => dict.set_item(name.bind(self.py), value),
                    None => dict.set_item(member.name, value),
                }
            }
            (Some(Container::Map { dict, .. } | Container::Structure { dict, .. }), Slot::Entry(key)) => {
                dict.set_item(key, value)
            }
            (Some(Container::Map { dict, .. }), Slot::Member(member)) => dict.set_item(member.name, value),
            (Some(Container::List { list, .. }), _) => list.append(value),
            (Some(Container::Structure { .. } | Container::Map { .. }) | None, _) => Ok(()),
        }
    }

    /// Closes the innermost container; at the end the result itself.
    pub(crate) fn finish(&mut self) -> PyResult<()> {
        match self.open.pop() {
            Some(root) => root.ordered(),
            None => Ok(()),
        }
    }

    /// The shape of what the slot of the innermost container holds.
    fn shape_of(&self, slot: Slot<'_>) -> Option<&'static Shape> {
        match (self.open.last(), slot) {
            (_, Slot::Member(member)) => Some(member.shape),
            (Some(Container::Map { value, .. }), _) => *value,
            (Some(Container::List { item, .. }), _) => *item,
            (Some(Container::Structure { .. }) | None, _) => None,
        }
    }
}

impl HostBuilder for DictBuilder<'_, '_> {
    type Violation = PyErr;

    fn null(&mut self, slot: Slot<'_>) -> PyResult<()> {
        self.put(slot, self.py.None())
    }

    fn boolean(&mut self, slot: Slot<'_>, value: bool) -> PyResult<()> {
        self.put(slot, value)
    }

    fn integer(&mut self, slot: Slot<'_>, value: i64) -> PyResult<()> {
        self.put(slot, value)
    }

    fn float(&mut self, slot: Slot<'_>, value: f64) -> PyResult<()> {
        self.put(slot, value)
    }

    fn string(&mut self, slot: Slot<'_>, value: &str) -> PyResult<()> {
        self.put(slot, PyString::new(self.py, value))
    }

    fn timestamp(&mut self, slot: Slot<'_>, value: Timestamp) -> PyResult<()> {
        self.put(slot, datetime(self.py, value)?)
    }

    fn open_map(&mut self, slot: Slot<'_>) -> PyResult<()> {
        let dict = PyDict::new(self.py);
        let opened = match self.shape_of(slot).map(|shape| &shape.kind) {
            Some(Kind::Structure(structure)) => {
                Container::Structure { dict: dict.clone(), structure, order: Order::default() }
            }
            Some(Kind::Map { value, .. }) => Container::Map { dict: dict.clone(), value: Some(value) },
            _ => Container::Map { dict: dict.clone(), value: None },
        };
        self.put(slot, dict)?;
        self.open.push(opened);
        Ok(())
    }

    fn open_list(&mut self, slot: Slot<'_>) -> PyResult<()> {
        let list = PyList::empty(self.py);
        let item = match self.shape_of(slot).map(|shape| &shape.kind) {
            Some(Kind::List { item, .. }) => Some(*item),
            _ => None,
        };
        self.put(slot, &list)?;
        self.open.push(Container::List { list, item });
        Ok(())
    }

    fn close(&mut self) -> PyResult<()> {
        self.finish()
    }

    fn restart(&mut self) -> PyResult<()> {
        self.open.truncate(1);
        if let Some(Container::Structure { dict, order, .. }) = self.open.first_mut() {
            *order = Order::default();
            // A dict keeps the order in which its keys were set first.
            for key in dict.keys().iter().skip(self.kept) {
                dict.del_item(key)?;
            }
        }
        Ok(())
    }
}

/// By the ten bytes that a pickle of it has: to give eight numbers takes the interpreter twice as long, and a page has hundreds.
fn datetime(py: Python<'_>, value: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    static UTC: PyOnceLock<Py<PyTzInfo>> = PyOnceLock::new();
    let civil = value.civil().ok_or_else(|| PyValueError::new_err("a year outside 1 to 9999"))?;
    let [year_high, year_low] = civil.year.to_be_bytes();
    let [_, high, middle, low] = civil.micro.to_be_bytes();
    let [month, day, hour, minute, second] =
        [civil.month, civil.day, civil.hour, civil.minute, civil.second].map(i8::unsigned_abs);
    let state = PyBytes::new(py, &[year_high, year_low, month, day, hour, minute, second, high, middle, low]);
    let datetime = PyDateTime::type_object(py);
    match value.offset {
        None => datetime.call1((state,)),
        Some(0) => {
            let utc = UTC.get_or_try_init(py, || PyTzInfo::utc(py).map(|utc| utc.to_owned().unbind()))?;
            datetime.call1((state, utc.bind(py)))
        }
        Some(seconds) => datetime.call1((state, PyTzInfo::fixed_offset(py, PyDelta::new(py, 0, seconds, 0, true)?)?)),
    }
}

//! Faults that a test asks for, in place of what the service would respond.

mod catalogue;
mod rule;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chimeline_core::schema::{Operation, Service};
use serde_json::{Value, json};

pub(crate) use rule::Effect;
use rule::Rule;

/// The rules, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Rule>,
    last: usize,
    /// The requests of the current second, by rule, for rates.
    rates: std::collections::HashMap<String, (u64, f64)>,
}

/// What the rules want of a request.
#[derive(Debug, Default)]
pub(crate) struct Strike {
    pub(crate) latency: Duration,
    pub(crate) effect: Option<Effect>,
    /// The rules that struck.
    pub(crate) ids: Vec<String>,
}

/// A request as rules see it.
pub(crate) struct Target<'t> {
    pub(crate) operation: Option<(&'static Service, &'static Operation)>,
    /// Whether the request's path, query or body contains a text.
    pub(crate) contains: &'t dyn Fn(&str) -> bool,
    pub(crate) now: SystemTime,
    /// Draws a number from 0 to 1.
    pub(crate) random: &'t dyn Fn() -> f64,
}

impl Faults {
    /// Adds a rule; returns it as it can be read back. The error says what is wrong with it.
    pub(crate) fn add(&self, rule: &Value) -> Result<Value, String> {
        let mut added = self.add_all(std::slice::from_ref(rule)).map_err(|(_, why)| why)?;
        Ok(added.pop().unwrap_or_default())
    }

    /// Adds rules, or none where one is not valid: the error says which and why.
    pub(crate) fn add_all(&self, rules: &[Value]) -> Result<Vec<Value>, (usize, String)> {
        let mut inner = self.lock();
        let mut parsed: Vec<Rule> = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let fallback_id = format!("fault-{}", inner.last + at + 1);
            let rule = Rule::parse(rule, fallback_id).map_err(|why| (at, why))?;
            if inner.rules.iter().chain(&parsed).any(|other| other.id == rule.id) {
                return Err((at, format!("invalid id: there is a fault {:?} already", rule.id)));
            }
            parsed.push(rule);
        }
        inner.last += parsed.len();
        let described = parsed.iter().map(Rule::describe).collect();
        inner.rules.extend(parsed);
        Ok(described)
    }

    /// Adds the rules of a TOML file with `[[faults]]`, or a JSON file with a list or `{"faults": [...]}`.
    pub(crate) fn load(&self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|e| format!("the faults file {shown} cannot be read: {e}"))?;
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let value: Value = if is_json {
            serde_json::from_str(&text).map_err(|e| format!("the faults file {shown} is not JSON: {e}"))?
        } else {
            toml::from_str(&text).map_err(|e| format!("the faults file {shown} is not TOML: {}", e.message()))?
        };
        let rules = value.get("faults").unwrap_or(&value);
        let rules = rules.as_array().ok_or_else(|| format!("the faults file {shown} needs a list of faults"))?;
        let added = self.add_all(rules);
        added.map(|_| ()).map_err(|(at, why)| format!("the faults file {shown}, fault {}: {why}", at + 1))
    }

    pub(crate) fn list(&self) -> Value {
        self.lock().rules.iter().map(Rule::describe).collect()
    }

    /// Removes the rule with that id; whether there was one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut inner = self.lock();
        let before = inner.rules.len();
        inner.rules.retain(|rule| rule.id != id);
        inner.rules.len() < before
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Inner::default();
    }

    /// What the rules want of this request: the waits of all that fit, and what the first with an effect does.
    pub(crate) fn strike(&self, target: &Target<'_>) -> Strike {
        let mut inner = self.lock();
        let mut strike = Strike::default();
        let Inner { rules, rates, .. } = &mut *inner;
        for rule in rules.iter_mut() {
            if (strike.effect.is_some() && rule.effect.is_some()) || rule.times == Some(0) || !rule.fits(target) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.probability < 1.0 && (target.random)() >= rule.probability {
                continue;
            }
            if let Some(Effect::Throttle { above: Some(rate) }) = rule.effect
                && !is_above(rates, &rule.id, rate, target.now)
            {
                continue;
            }
            rule.struck += 1;
            rule.times = rule.times.map(|times| times - 1);
            strike.ids.push(rule.id.clone());
            if let Some((from, to)) = rule.latency {
                let range = to.saturating_sub(from);
                let drawn = if range.is_zero() { range } else { range.mul_f64((target.random)().clamp(0.0, 1.0)) };
                strike.latency += from + drawn;
            }
            if strike.effect.is_none() {
                strike.effect.clone_from(&rule.effect);
            }
        }
        strike
    }

    /// The refusals that rules name.
    pub(crate) fn catalogue() -> Value {
        let entries = catalogue::CATALOGUE.iter();
        entries
            .map(|entry| {
                json!({
                    "name": entry.name, "code": entry.code, "status": entry.status, "message": entry.message,
                    "cure": entry.cure,
                })
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn fits(&self, target: &Target<'_>) -> bool {
        let service = target.operation.map(|(service, _)| service.name);
        let operation = target.operation.map(|(_, operation)| operation.name);
        self.service.as_deref().is_none_or(|name| service == Some(name))
            && self.operation.as_deref().is_none_or(|name| operation == Some(name))
            && self.resource.as_deref().is_none_or(|text| (target.contains)(text))
    }
}

/// Takes a token of a bucket that fills at `rate` a second and holds one second's worth; whether there was none.
fn is_above(rates: &mut std::collections::HashMap<String, (u64, f64)>, id: &str, rate: f64, now: SystemTime) -> bool {
    let millis = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
    let (last, tokens) = rates.entry(id.to_owned()).or_insert((millis, rate.max(1.0)));
    let passed = Duration::from_millis(millis.saturating_sub(*last)).as_secs_f64();
    *tokens = (*tokens + passed * rate).min(rate.max(1.0));
    *last = millis;
    if *tokens < 1.0 {
        return true;
    }
    *tokens -= 1.0;
    false
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::{Value, json};

    use super::{Effect, Faults, Strike, Target};

    fn strike(faults: &Faults, operation: &str, now: SystemTime) -> Strike {
        let service = chimeline_core::service("chime-sdk-meetings").expect("a service");
        let operation = service.operation(operation).expect("an operation");
        let contains = |text: &str| "/meetings/a-1".contains(text);
        faults.strike(&Target { operation: Some((service, operation)), contains: &contains, now, random: &|| 0.5 })
    }

    fn hits(faults: &Faults, operation: &str) -> bool {
        strike(faults, operation, SystemTime::UNIX_EPOCH).effect.is_some()
    }

    #[test]
    fn faults_strike_in_their_order_and_number() {
        let faults = Faults::default();
        for (times, status) in [(2, 500), (0, 501), (1, 429)] {
            faults.add(&json!({"times": times, "error": {"code": "E", "status": status}})).expect("a rule");
        }
        let statuses: Vec<u16> =
            std::iter::from_fn(|| match strike(&faults, "GetMeeting", SystemTime::UNIX_EPOCH).effect {
                Some(Effect::Error { status, .. }) => Some(status),
                _ => None,
            })
            .collect();
        assert_eq!(statuses, [500, 500, 429]);
        assert_eq!(faults.list()[0]["struck"], 2);
        assert_eq!(faults.list()[1]["struck"], 0);
    }

    #[test]
    fn a_rule_strikes_what_it_names() {
        let fits = |rule: Value| {
            let faults = Faults::default();
            faults.add(&rule).expect("a rule");
            hits(&faults, "GetMeeting")
        };
        assert!(fits(json!({"operation": "GetMeeting", "html": 502})));
        assert!(!fits(json!({"operation": "DeleteMeeting", "html": 502})));
        assert!(!fits(json!({"service": "chime", "html": 502})));
        assert!(fits(json!({"resource": "a-1", "html": 502})));
        assert!(!fits(json!({"resource": "b-1", "html": 502})));
        assert!(fits(json!({"probability": 0.6, "html": 502})));
        assert!(!fits(json!({"probability": 0.5, "html": 502})));
        assert!(!fits(json!({"skip": 1, "html": 502})));
    }

    #[test]
    fn waits_add_up_and_effects_do_not() {
        let faults = Faults::default();
        for rule in [json!({"latency": 1}), json!({"latency": [0, 2], "reset": "inside"}), json!({"cut": 3})] {
            faults.add(&rule).expect("a rule");
        }
        let strike = strike(&faults, "GetMeeting", SystemTime::UNIX_EPOCH);
        assert_eq!((strike.latency, strike.effect), (Duration::from_secs(2), Some(Effect::Reset { inside: true })));
        assert_eq!(strike.ids, ["fault-1", "fault-2"]);
    }

    #[test]
    fn a_rate_lets_so_many_pass_each_second() {
        let faults = Faults::default();
        faults.add(&json!({"throttle": {"above": 2}})).expect("a rule");
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        let struck: Vec<bool> = [0, 0, 0, 100, 500, 500, 5000, 5000, 5000]
            .map(|t| strike(&faults, "GetMeeting", at(t)).effect.is_some())
            .into();
        assert_eq!(struck, [false, false, true, true, false, true, false, false, true]);
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_reason() {
        let faults = Faults::default();
        let error = |rule: Value| faults.add(&rule).expect_err("an invalid rule");
        assert_eq!(
            error(json!({"operation": "GetMeetings", "cut": true})),
            "invalid operation: \"GetMeetings\" (expected the name of an operation, such as CreateMeeting)"
        );
        assert!(error(json!({"times": 1})).contains("does nothing"));
        assert!(error(json!({"html": 502, "cut": true})).contains("only one of"));
        assert!(error(json!({"html": 200})).contains("invalid html: 200"));
        assert!(error(json!({"error": {"code": "a\nb"}})).contains("invalid code"));
        assert!(error(json!({"latency": [2, 1]})).contains("invalid latency"));
        assert!(error(json!({"colour": 1})).contains("unknown member colour"));
        assert!(error(json!({"refusal": "nothing"})).contains("catalogue"));
        assert_eq!(faults.list(), json!([]));
    }
}

//! The lines of a journal.

use serde_json::{Value, json};

/// What a journal says, up to its damage.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) account: Option<String>,
    /// The entries of guards that have not ended, in the order of their beginning; each has the `pipeline` once it is known.
    pub(super) open: Vec<Value>,
    /// Which line cannot be read, and why.
    pub(super) damage: Option<String>,
}

const VERSION: u64 = 1;

/// The first line.
pub(super) fn heading(account: &str) -> Value {
    json!({"journal": "chimeline", "version": VERSION, "account": account})
}

pub(super) fn read(text: &str) -> Known {
    let mut known = Known::default();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let damaged = |why: &str| Some(format!("line {} {why}", at + 1));
        // A process that ended in the middle of a write leaves a part.
        if !line.ends_with('\n') {
            known.damage = damaged("is cut off");
            return known;
        }
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            known.damage = damaged("is not JSON");
            return known;
        };
        if let Err(why) = known.take(line) {
            known.damage = damaged(why);
            return known;
        }
    }
    known
}

impl Known {
    fn take(&mut self, line: Value) -> Result<(), &'static str> {
        if self.account.is_none() {
            if line["journal"] != "chimeline" {
                return Err("is not the heading of a journal");
            }
            if line["version"] != VERSION {
                return Err("is the heading of another version");
            }
            self.account = Some(line["account"].as_str().ok_or("names no account")?.to_owned());
            return Ok(());
        }
        let guard = line["guard"].as_str().ok_or("names no guard")?;
        let at = self.open.iter().position(|entry| entry["guard"] == guard);
        match (line["event"].as_str().ok_or("names no event")?, at) {
            ("starting", None) => self.open.push(line),
            ("starting", Some(_)) => return Err("starts a guard again"),
            ("started", Some(at)) => {
                if let Some(entry) = self.open.get_mut(at) {
                    entry["pipeline"] = line["pipeline"].clone();
                }
            }
            ("stopped" | "not started", Some(at)) => self.close(at),
            // A stop that is announced, or not confirmed, leaves it open; what has ended may be told twice.
            _ => {}
        }
        Ok(())
    }

    /// Closes an entry. An entry of the same meeting before it, of which no pipeline is known, was about this recording: a start
    /// gives the one that runs.
    fn close(&mut self, at: usize) {
        let closed = self.open.remove(at);
        if closed["pipeline"].is_string() {
            let mut place = 0;
            self.open.retain(|entry| {
                place += 1;
                place > at || entry["pipeline"].is_string() || entry["meeting"] != closed["meeting"]
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{heading, read};

    fn text(lines: &[serde_json::Value]) -> String {
        lines.iter().fold(String::new(), |text, line| format!("{text}{line}\n"))
    }

    #[test]
    fn what_no_guard_has_ended_is_open() {
        let known = read(&text(&[
            heading("111122223333"),
            json!({"event": "starting", "guard": "a", "meeting": "m"}),
            json!({"event": "starting", "guard": "b", "meeting": "n"}),
            json!({"event": "started", "guard": "b", "pipeline": "p"}),
            json!({"event": "starting", "guard": "c", "meeting": "n"}),
            json!({"event": "not started", "guard": "c"}),
            json!({"event": "stopping", "guard": "b"}),
        ]));
        assert_eq!(known.account.as_deref(), Some("111122223333"));
        assert_eq!(known.damage, None);
        let open: Vec<_> = known.open.iter().map(|entry| (entry["guard"].clone(), entry["pipeline"].clone())).collect();
        assert_eq!(open, [(json!("a"), json!(null)), (json!("b"), json!("p"))]);
    }

    #[test]
    fn a_later_stop_of_the_same_meeting_closes_what_began_before() {
        let known = read(&text(&[
            heading("1"),
            json!({"event": "starting", "guard": "a", "meeting": "m"}),
            json!({"event": "starting", "guard": "b", "meeting": "m"}),
            json!({"event": "started", "guard": "b", "pipeline": "p"}),
            json!({"event": "starting", "guard": "c", "meeting": "m"}),
            json!({"event": "stopped", "guard": "b"}),
        ]));
        let open: Vec<_> = known.open.iter().map(|entry| entry["guard"].clone()).collect();
        assert_eq!(open, [json!("c")]);
    }

    #[test]
    fn it_is_read_up_to_the_damage() {
        let whole = text(&[heading("1"), json!({"event": "starting", "guard": "a", "meeting": "m"})]);
        for (tail, why) in [
            ("{\"event\":\"stop", "line 3 is cut off"),
            ("\0\0\0\n", "line 3 is not JSON"),
            ("[]\n", "line 3 names no guard"),
            ("{\"guard\":\"a\"}\n", "line 3 names no event"),
            ("{\"guard\":\"a\",\"event\":\"starting\"}\n", "line 3 starts a guard again"),
        ] {
            let known = read(&format!("{whole}{tail}"));
            assert_eq!((known.damage.as_deref(), known.open.len()), (Some(why), 1), "{tail}");
        }
        for (text, why) in
            [("x", "cut off"), ("{}\n", "heading"), ("{\"journal\":\"chimeline\",\"version\":2}\n", "version")]
        {
            let known = read(text);
            assert!(known.account.is_none() && known.damage.is_some_and(|damage| damage.contains(why)), "{text}");
        }
    }
}

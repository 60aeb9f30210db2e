//! Reads an installed botocore and keeps the facts: shapes, constraints, HTTP bindings, errors, endpoints. No texts.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

use crate::paths::{Result, model_folder, read_text, write_text};
use crate::services::{self, ServiceName};

/// Imports each name ("partitions" or a service) from the botocore package in `botocore`.
pub fn run(botocore: &Path, names: &[&str]) -> Result<()> {
    let source = json!({"package": "botocore", "version": version(botocore)?});
    for name in names {
        let (folder, facts) = if *name == "partitions" {
            (model_folder(), partitions(botocore, &source)?)
        } else {
            (model_folder().join(name), service(botocore, services::find(name)?, &source)?)
        };
        let file = folder.join(if *name == "partitions" { "partitions.json" } else { "model.json" });
        let text = serde_json::to_string_pretty(&facts).map_err(|e| e.to_string())?;
        write_text(&file, &(text + "\n"))?;
        println!("{}", file.display());
    }
    Ok(())
}

fn version(botocore: &Path) -> Result<String> {
    let file = botocore.join("__init__.py");
    let text = read_text(&file)?;
    let line = text.lines().find_map(|line| line.strip_prefix("__version__ = "));
    line.map(|v| v.trim_matches(['\'', '"']).to_owned()).ok_or_else(|| format!("{}: no __version__", file.display()))
}

fn read(file: &Path) -> Result<Value> {
    let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
    let packed = file.with_extension("json.gz");
    let mut text = String::new();
    if packed.exists() {
        let bytes = fs::read(&packed).map_err(|e| fail(&e))?;
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(|e| fail(&e))?;
    } else {
        text = fs::read_to_string(file).map_err(|e| fail(&e))?;
    }
    serde_json::from_str(&text).map_err(|e| fail(&e))
}

fn service(botocore: &Path, service: &ServiceName, source: &Value) -> Result<Value> {
    let data = botocore.join("data").join(service.name);
    let mut versions: Vec<PathBuf> = fs::read_dir(&data)
        .map_err(|e| format!("{}: {e}", data.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    versions.sort();
    let folder = versions.pop().ok_or_else(|| format!("{}: empty", data.display()))?;
    let mut model = without_texts(read(&folder.join("service-2.json"))?);
    let rules = without_texts(read(&folder.join("endpoint-rule-set-1.json"))?);
    let metadata = model["metadata"].take();
    let prefix = metadata["endpointPrefix"].as_str().ok_or("no endpointPrefix")?.to_owned();

    let Value::Object(mut operations) = model["operations"].take() else { return Err("no operations".into()) };
    operations.retain(|name, _| service.only.is_empty() || service.only.contains(&name.as_str()));
    let Value::Object(mut shapes) = model["shapes"].take() else { return Err("no shapes".into()) };
    let wanted = reachable(&operations, &shapes);
    shapes.retain(|name, _| wanted.contains(name));
    Ok(json!({
        "source": source,
        "metadata": metadata,
        "endpoint": endpoint(&prefix, &rules, &known_endpoints(&prefix, &read(&botocore.join("data/endpoints.json"))?)?)?,
        "operations": operations,
        "shapes": shapes,
    }))
}

/// Every shape that an operation or an error of the service refers to. Errors count even when no operation that is kept
/// lists them: a client recognises all errors of its service.
fn reachable(operations: &Map<String, Value>, shapes: &Map<String, Value>) -> BTreeSet<String> {
    let exceptions = shapes.iter().filter(|(_, shape)| shape["exception"] == true).map(|(name, _)| name.clone());
    let mut todo: Vec<String> = exceptions.collect();
    for operation in operations.values() {
        todo.extend(["input", "output"].iter().filter_map(|k| operation[k]["shape"].as_str()).map(str::to_owned));
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = todo.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(shape) = shapes.get(&name) else { continue };
        let members = shape["members"].as_object().into_iter().flat_map(Map::values);
        let parts = ["member", "key", "value"].iter().map(|k| &shape[k]);
        todo.extend(members.chain(parts).filter_map(|part| part["shape"].as_str()).map(str::to_owned));
    }
    seen
}

fn without_texts(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map
                .into_iter()
                .filter(|(k, v)| !(matches!(k.as_str(), "documentation" | "deprecatedMessage") && v.is_string()));
            Value::Object(kept.map(|(k, v)| (k, without_texts(v))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_texts).collect()),
        other => other,
    }
}

/// The endpoint facts, from a rule set of the one form that the client implements; any other form is refused.
/// Where the endpoints are, and the names of those that are known.
fn endpoint(prefix: &str, rules: &Value, known: &Value) -> Result<Value> {
    let Value::Array(given) = &rules["rules"][1]["rules"][0]["rules"] else {
        return Err(format!("{prefix}: an endpoint rule set of an unknown form"));
    };
    let mut rest = given.clone();
    let first = &given[0];
    let mut global = Value::Null;
    if first["conditions"][0]["fn"] == "stringEquals" {
        let scheme = &first["endpoint"]["properties"]["authSchemes"][0];
        global = json!({
            "partition": first["conditions"][0]["argv"][1],
            "url": first["endpoint"]["url"],
            "signingRegion": scheme["signingRegion"],
        });
        let conditions = json!([
            {"fn": "stringEquals", "argv": [{"fn": "getAttr", "argv": [{"ref": "PartitionResult"}, "name"]}, global["partition"]]},
            {"fn": "booleanEquals", "argv": [{"ref": "UseFIPS"}, false]},
            {"fn": "booleanEquals", "argv": [{"ref": "UseDualStack"}, false]},
        ]);
        if first["conditions"] != conditions {
            return Err(format!("{prefix}: an unknown condition of the global endpoint"));
        }
        rest.remove(0);
    }
    // The order of the two arguments of one condition differs from model to model.
    let rest = Value::Array(rest);
    if ![false, true].into_iter().any(|swapped| rest == regional_rules(prefix, swapped)) {
        return Err(format!("{prefix}: endpoint rules of an unknown form"));
    }
    Ok(json!({"prefix": prefix, "global": global, "known": known}))
}

/// The names of the endpoints of that prefix, by partition, in the order in which they are listed.
fn known_endpoints(prefix: &str, listed: &Value) -> Result<Value> {
    let mut known = Map::new();
    for partition in listed["partitions"].as_array().ok_or("endpoints.json: no partitions")? {
        let id = partition["partition"].as_str().ok_or("endpoints.json: a partition without a name")?;
        if let Some(endpoints) = partition["services"][prefix]["endpoints"].as_object() {
            known.insert(id.to_owned(), endpoints.keys().map(String::as_str).collect());
        }
    }
    Ok(Value::Object(known))
}

fn regional_rules(prefix: &str, swapped: bool) -> Value {
    let fips = json!({"fn": "booleanEquals", "argv": [{"ref": "UseFIPS"}, true]});
    let dual = json!({"fn": "booleanEquals", "argv": [{"ref": "UseDualStack"}, true]});
    let attribute = |name: &str| json!({"fn": "getAttr", "argv": [{"ref": "PartitionResult"}, name]});
    let has = |name: &str| json!({"fn": "booleanEquals", "argv": [true, attribute(name)]});
    let fips_alone =
        if swapped { json!([true, attribute("supportsFIPS")]) } else { json!([attribute("supportsFIPS"), true]) };
    let url = |host: &str, suffix: &str| {
        let url = format!("https://{prefix}{host}.{{Region}}.{{PartitionResult#{suffix}}}");
        json!({"conditions": [], "endpoint": {"url": url, "properties": {}, "headers": {}}, "type": "endpoint"})
    };
    let tree = |conditions: Value, rules: Value| json!({"conditions": conditions, "rules": rules, "type": "tree"});
    let error = |text: &str| json!({"conditions": [], "error": text, "type": "error"});
    let fips_only = tree(json!([{"fn": "booleanEquals", "argv": fips_alone}]), json!([url("-fips", "dnsSuffix")]));
    json!([
        tree(
            json!([fips, dual]),
            json!([
                tree(
                    json!([has("supportsFIPS"), has("supportsDualStack")]),
                    json!([url("-fips", "dualStackDnsSuffix")])
                ),
                error("FIPS and DualStack are enabled, but this partition does not support one or both"),
            ])
        ),
        tree(json!([fips]), json!([fips_only, error("FIPS is enabled but this partition does not support FIPS")])),
        tree(
            json!([dual]),
            json!([
                tree(json!([has("supportsDualStack")]), json!([url("", "dualStackDnsSuffix")])),
                error("DualStack is enabled but this partition does not support DualStack"),
            ])
        ),
        url("", "dnsSuffix"),
    ])
}

/// The partitions, each with whether its services may have dual-stack endpoints.
fn partitions(botocore: &Path, source: &Value) -> Result<Value> {
    let known = read(&botocore.join("data/partitions.json"))?;
    let endpoints = read(&botocore.join("data/endpoints.json"))?;
    // botocore passes over these where dual-stack is asked for, and so takes the endpoint rules at their word.
    let code = fs::read_to_string(botocore.join("regions.py")).map_err(|e| format!("regions.py: {e}"))?;
    let unmodeled = code.lines().find_map(|line| line.trim().strip_prefix("_UNSUPPORTED_DUALSTACK_PARTITIONS = "));
    let unmodeled: Vec<String> =
        serde_json::from_str(&unmodeled.ok_or("regions.py: its list has gone")?.replace('\'', "\""))
            .map_err(|e| format!("regions.py: {e}"))?;
    let mut out = Vec::new();
    for partition in known["partitions"].as_array().ok_or("no partitions")? {
        let defaults = endpoints["partitions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|p| p["partition"] == partition["id"])
            .map_or(&Value::Null, |p| &p["defaults"]["variants"]);
        let modeled = defaults.as_array().into_iter().flatten().any(|variant| variant["tags"] == json!(["dualstack"]));
        let dual_stack = modeled || unmodeled.iter().any(|id| partition["id"] == **id);
        let regions: Vec<&String> = partition["regions"].as_object().ok_or("no regions")?.keys().collect();
        let outputs = &partition["outputs"];
        out.push(json!({
            "id": partition["id"], "regionRegex": partition["regionRegex"], "regions": regions, "dualStack": dual_stack,
            "dnsSuffix": outputs["dnsSuffix"], "dualStackDnsSuffix": outputs["dualStackDnsSuffix"],
            "supportsFIPS": outputs["supportsFIPS"], "supportsDualStack": outputs["supportsDualStack"],
        }));
    }
    Ok(json!({"source": source, "partitions": out}))
}

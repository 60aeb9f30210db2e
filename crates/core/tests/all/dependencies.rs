//! The core knows no host language.

use std::process::Command;

#[test]
fn the_core_depends_on_no_binding() {
    let cargo = env!("CARGO");
    let arguments =
        ["tree", "--package", "chimeline-core", "--edges", "normal", "--prefix", "none", "--offline", "--locked"];
    let done = Command::new(cargo).args(arguments).output().expect("cargo runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let tree = String::from_utf8_lossy(&done.stdout);
    assert!(tree.contains("aws-sigv4"), "{tree}");
    let bindings: Vec<&str> =
        tree.lines().filter(|line| line.starts_with("pyo3") || line.starts_with("napi")).collect();
    assert_eq!(bindings, Vec::<&str>::new());
}

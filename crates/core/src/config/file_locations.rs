//! Where the shared config files are: the paths of the environment, with variables and home folders in them as Python expands
//! them.

use crate::runtime::environment::Environment;

/// The path with `$NAME` and `${NAME}`, then with `~` or `~user` at its start. What is not known is left as it is.
pub(crate) fn expanded(path: &str, env: &Environment) -> String {
    with_home(&with_variables(path, env), env)
}

fn with_variables(path: &str, env: &Environment) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let bare = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let braced = after.strip_prefix('{').and_then(|name| name.split_once('}'));
        let (name, behind) = braced.unwrap_or_else(|| after.split_at(bare));
        if let Some(value) = env.variables.get(name) {
            out.push_str(&value);
        } else {
            out.push('$');
            out.push_str(after.strip_suffix(behind).unwrap_or_default());
        }
        rest = behind;
    }
    out + rest
}

fn with_home(path: &str, env: &Environment) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_owned() };
    let end = rest.find(is_separator).unwrap_or(rest.len());
    let (user, behind) = rest.split_at(end);
    let home = if user.is_empty() { home(env) } else { home_of(Some(user)) };
    match home {
        Some(home) => home.trim_end_matches(is_separator).to_owned() + behind,
        None => path.to_owned(),
    }
}

fn is_separator(c: char) -> bool {
    std::path::is_separator(c)
}

/// The home folder, by the environment, else by the password database.
pub(crate) fn home(env: &Environment) -> Option<String> {
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    env.variable(variable).or_else(|| home_of(None))
}

/// What the password database says of a user, else of the one who runs this process.
#[cfg(unix)]
fn home_of(user: Option<&str>) -> Option<String> {
    use nix::unistd::{Uid, User};
    let found = match user {
        Some(name) => User::from_name(name),
        None => User::from_uid(Uid::current()),
    };
    found.ok()??.dir.into_os_string().into_string().ok()
}

#[cfg(not(unix))]
fn home_of(_user: Option<&str>) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::expanded;
    use crate::runtime::environment::Environment;

    #[test]
    fn variables_and_home_folders_are_expanded_as_by_python() {
        let env = Environment {
            variables: [("HOME", "/home/me/"), ("A", "$B~"), ("B", "b")].into_iter().collect(),
            ..Environment::default()
        };
        let cases = [
            ("~/c", "/home/me/c"),
            ("~", "/home/me"),
            ("x/~/c", "x/~/c"),
            ("$A/${B}c$B", "$B~/bcb"),
            ("$NOTHING/${NOTHING}/$/${/c", "$NOTHING/${NOTHING}/$/${/c"),
            ("%A%/c", "%A%/c"),
            ("~nobody-by-this-name/c", "~nobody-by-this-name/c"),
            ("", ""),
        ];
        for (path, due) in cases {
            assert_eq!(expanded(path, &env), due, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn without_home_the_password_database_knows_the_home_folder() {
        let me = nix::unistd::User::from_uid(nix::unistd::Uid::current()).expect("a database").expect("an entry");
        let home = me.dir.to_str().expect("a Unicode path").trim_end_matches('/');
        for variables in [vec![], vec![("HOME", "")]] {
            let env = Environment { variables: variables.into_iter().collect(), ..Environment::default() };
            assert_eq!(expanded("~/c", &env), format!("{home}/c"));
            assert_eq!(expanded(&format!("~{}/c", me.name), &env), format!("{home}/c"));
        }
    }
}

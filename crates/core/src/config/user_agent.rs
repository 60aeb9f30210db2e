//! The user agent, in the form that AWS's SDKs give it.

use crate::config::options::Options;
use crate::config::retry::RetryMode;
use crate::config::setting_resolver::SettingResolver;
use crate::schema::generated::options::OptionId;

/// The text of the header. One that the code gives stands alone.
pub(crate) fn user_agent(options: &Options, chain: &SettingResolver<'_>, mode: RetryMode) -> String {
    let app_id = chain.text(OptionId::UserAgentAppid, options.app_id.as_deref());
    let mut parts = match &options.user_agent {
        Some(given) => vec![given.clone()],
        None => standard(options, chain, mode, app_id.as_ref().map(|found| found.value.as_str())),
    };
    parts.extend(options.user_agent_extra.clone());
    let mut text = parts.join(" ");
    // A header holds no control characters.
    text.retain(|c| !c.is_control());
    text
}

fn standard(options: &Options, chain: &SettingResolver<'_>, mode: RetryMode, app_id: Option<&str>) -> Vec<String> {
    let language = options.language.as_deref().unwrap_or("rust");
    let (version, system, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let mut parts = vec![format!("chimeline/{version} ua/2.1 os/{system} md/arch#{machine} lang/{language}")];
    let environment = chain.variable("AWS_EXECUTION_ENV");
    parts.extend(environment.map(|environment| format!("exec-env/{}", token(&environment))));
    parts.push(format!("cfg/retry-mode#{}", mode.name()));
    parts.extend(app_id.map(|id| format!("app/{}", token(id))));
    parts
}

/// What a part of the user agent may hold; anything else becomes a hyphen.
fn token(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c) { c } else { '-' }).collect()
}

//! The user agent, in the form that AWS's SDKs give it.

use crate::chain::Chain;
use crate::config::Options;
use crate::retry::RetryMode;

/// The text of the header.
pub(crate) fn user_agent(options: &Options, chain: &Chain<'_>, mode: RetryMode) -> String {
    let mut parts = vec![options.user_agent.clone().unwrap_or_else(|| standard(options, mode))];
    if let Some(environment) = chain.variable("AWS_EXECUTION_ENV").filter(|text| !text.is_empty()) {
        parts.push(format!("exec-env/{}", token(&environment)));
    }
    let app_id = chain.text("user_agent_appid", options.app_id.as_deref(), &["AWS_SDK_UA_APP_ID"], "sdk_ua_app_id");
    if let Some(app_id) = app_id.filter(|found| !found.value.is_empty()) {
        parts.push(format!("app/{}", token(&app_id.value)));
    }
    parts.extend(options.user_agent_extra.clone());
    let mut text = parts.join(" ");
    // A header holds no control characters.
    text.retain(|c| !c.is_control());
    text
}

fn standard(options: &Options, mode: RetryMode) -> String {
    let language = options.language.as_deref().unwrap_or("rust");
    let (version, system, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    format!("chimeline/{version} ua/2.1 os/{system} md/arch#{machine} lang/{language} cfg/retry-mode#{}", mode.name())
}

/// What a part of the user agent may hold; anything else becomes a hyphen.
fn token(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c) { c } else { '-' }).collect()
}

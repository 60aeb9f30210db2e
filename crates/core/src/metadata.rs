//! The agents that give credentials to what runs in a container or on an instance: on loopback or link-local addresses, which
//! no proxy reaches.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use reqwest::Url;

use crate::chain::{variable, wrong};
use crate::error::Error;
use crate::profile::Profile;
use crate::world::World;

/// The variable that names the file of the token for a container's agent.
pub(crate) const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The agent of a container, or why there is none.
pub(crate) fn container(world: &World, config: &ProviderConfig) -> Result<EcsCredentialsProvider, String> {
    let names = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if names.iter().all(|name| variable(world, name).is_none()) {
        return Err(format!("neither {} nor {} is set", names[0], names[1]));
    }
    Ok(EcsCredentialsProvider::builder().configure(config).build())
}

/// The metadata service of an instance, or why it is not to be asked.
pub(crate) fn instance(
    world: &World,
    profile: &Profile,
    config: &ProviderConfig,
) -> Result<Result<ImdsCredentialsProvider, String>, Error> {
    let disabled = "AWS_EC2_METADATA_DISABLED";
    if variable(world, disabled).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(Err(format!("{disabled} is true")));
    }
    let given = |name: &str, key: &str| {
        let of_environment = variable(world, name).map(|value| (name.to_owned(), value));
        of_environment.or_else(|| Some((format!("{key} of the profile {:?}", profile.name), profile.get(key)?)))
    };
    let mut client = imds::Client::builder().configure(config);
    if let Some((label, value)) = given("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
        let wrong = || wrong(&label, &value, "a URL such as http://169.254.169.254");
        if !Url::parse(&value).is_ok_and(|url| url.has_host()) {
            return Err(wrong());
        }
        client = client.endpoint(&value).map_err(|_| wrong())?;
    }
    if let Some((label, value)) = given("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
        && !["ipv4", "ipv6"].iter().any(|mode| value.eq_ignore_ascii_case(mode))
    {
        return Err(wrong(&label, &value, "\"IPv4\" or \"IPv6\""));
    }
    let mut attempts = 1;
    if let Some((label, value)) = given("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts") {
        let count = value.parse().ok().filter(|count| *count > 0);
        attempts = count.ok_or_else(|| wrong(&label, &value, "a whole number from 1 on"))?;
    }
    let mut limit = Duration::from_secs(1);
    if let Some((label, value)) = given("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout") {
        let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let above_zero = seconds.filter(|limit| !limit.is_zero());
        limit = above_zero.ok_or_else(|| wrong(&label, &value, "a number of seconds above 0"))?;
    }
    let client = client
        .max_attempts(attempts)
        .connect_timeout(limit)
        .read_timeout(limit)
        .operation_attempt_timeout(limit)
        // Between attempts it waits for a second at the most.
        .operation_timeout(limit.saturating_add(Duration::from_secs(1)).saturating_mul(attempts))
        .build();
    Ok(Ok(ImdsCredentialsProvider::builder().configure(config).imds_client(client).build()))
}

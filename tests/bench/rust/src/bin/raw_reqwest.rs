//! reqwest alone: the request as it is, its answer unread; with the variant `signed` signed by aws-sigv4 each time.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use peers::{Options, REQUEST, run, runtime};

fn main() {
    let options = Options::given();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_signed = options.text("variant") == "signed";
    let url: &'static str = format!("{}/sdk-media-capture-pipelines", options.text("endpoint")).leak();
    runtime(&options).block_on(async {
        let client = reqwest::Client::builder().build().expect("a client");
        let identity =
            Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None, "peer").into();
        let call = move || {
            let mut request = client.post(url).header("content-type", "application/json").body(REQUEST);
            if is_signed {
                let parameters = v4::SigningParams::builder().identity(&identity).region("us-east-1").name("chime");
                let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default());
                let parameters = parameters.build().expect("whole parameters").into();
                let headers = [("content-type", "application/json")].into_iter();
                let body = SignableBody::Bytes(REQUEST.as_bytes());
                let signable = SignableRequest::new("POST", url, headers, body).expect("a request");
                let (added, _) = sign(signable, &parameters).expect("a signature").into_parts();
                for (name, value) in added.headers() {
                    request = request.header(name, value);
                }
            }
            async move {
                let answer = request.send().await.expect("an answer");
                assert!(answer.status().is_success());
                assert!(!answer.bytes().await.expect("a body").is_empty());
            }
        };
        run(&options, call).await;
    });
}

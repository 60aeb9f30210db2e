//! AWS's SDK for Rust.

use aws_sdk_chimesdkmediapipelines::Client;
use aws_sdk_chimesdkmediapipelines::types::{
    ArtifactsConfiguration, ArtifactsState, AudioArtifactsConfiguration, AudioMuxType, ChimeSdkMeetingConfiguration,
    ContentArtifactsConfiguration, ContentMuxType, MediaPipelineSinkType, MediaPipelineSourceType,
    SelectedVideoStreams, SourceConfiguration, VideoArtifactsConfiguration, VideoMuxType,
};
use peers::{Options, REQUEST, run, runtime};
use serde_json::Value;

fn configuration(given: &Value) -> ChimeSdkMeetingConfiguration {
    let texts = |value: &Value| {
        let items = value.as_array().expect("a list").iter();
        Some(items.map(|item| item.as_str().expect("a text").to_owned()).collect::<Vec<_>>())
    };
    let streams = &given["SourceConfiguration"]["SelectedVideoStreams"];
    let streams = SelectedVideoStreams::builder()
        .set_attendee_ids(texts(&streams["AttendeeIds"]))
        .set_external_user_ids(texts(&streams["ExternalUserIds"]))
        .build();
    let audio = AudioArtifactsConfiguration::builder().mux_type(AudioMuxType::AudioWithActiveSpeakerVideo);
    let video = VideoArtifactsConfiguration::builder().state(ArtifactsState::Enabled).mux_type(VideoMuxType::VideoOnly);
    let content =
        ContentArtifactsConfiguration::builder().state(ArtifactsState::Enabled).mux_type(ContentMuxType::ContentOnly);
    let artifacts = ArtifactsConfiguration::builder()
        .audio(audio.build().expect("an audio part"))
        .video(video.build().expect("a video part"))
        .content(content.build().expect("a content part"));
    ChimeSdkMeetingConfiguration::builder()
        .source_configuration(SourceConfiguration::builder().selected_video_streams(streams).build())
        .artifacts_configuration(artifacts.build())
        .build()
}

fn main() {
    let options = Options::given();
    runtime(&options).block_on(async {
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).endpoint_url(options.text("endpoint"));
        let client = Client::new(&config.load().await);
        let given: Value = serde_json::from_str(REQUEST).expect("JSON");
        let call = move || {
            let (client, given) = (client.clone(), given.clone());
            async move {
                let text = |name: &str| given[name].as_str().expect("a text").to_owned();
                let answer = client
                    .create_media_capture_pipeline()
                    .source_type(MediaPipelineSourceType::ChimeSdkMeeting)
                    .source_arn(text("SourceArn"))
                    .sink_type(MediaPipelineSinkType::S3Bucket)
                    .sink_arn(text("SinkArn"))
                    .client_request_token(text("ClientRequestToken"))
                    .chime_sdk_meeting_configuration(configuration(&given["ChimeSdkMeetingConfiguration"]))
                    .send()
                    .await
                    .expect("a response");
                assert!(answer.media_capture_pipeline.is_some());
            }
        };
        run(&options, call).await;
    });
}

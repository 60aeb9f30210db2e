//! The files that captures and concatenations write to a bucket: the one table of what the local service writes and clients look for.

/// A kind of files.
#[derive(Debug)]
pub struct ArtifactKind {
    /// The folder that holds them, such as `meeting-events`.
    pub folder: &'static str,
    /// The member of an `ArtifactsConfiguration` that asks for them, such as `MeetingEvents`.
    pub member: &'static str,
    /// What the names end with, without the dot.
    pub extension: &'static str,
    /// Whether captures have the folder: they keep content beside the video, in files whose names end with [`CONTENT_SUFFIX`].
    pub in_captures: bool,
}

/// What the name of a capture's file of content ends with, before its extension.
pub const CONTENT_SUFFIX: &str = "#content";

const MEDIA: &str = "mp4";
const TEXT: &str = "txt";

/// The kinds, those of media first.
pub static ARTIFACT_KINDS: [ArtifactKind; 7] = [
    ArtifactKind { folder: "audio", member: "Audio", extension: MEDIA, in_captures: true },
    ArtifactKind { folder: "video", member: "Video", extension: MEDIA, in_captures: true },
    ArtifactKind { folder: "content", member: "Content", extension: MEDIA, in_captures: false },
    ArtifactKind { folder: "composited-video", member: "CompositedVideo", extension: MEDIA, in_captures: true },
    ArtifactKind { folder: "data-channel", member: "DataChannel", extension: TEXT, in_captures: true },
    ArtifactKind { folder: "meeting-events", member: "MeetingEvents", extension: TEXT, in_captures: true },
    ArtifactKind {
        folder: "transcription-messages",
        member: "TranscriptionMessages",
        extension: TEXT,
        in_captures: true,
    },
];

/// The kind of that folder.
#[must_use]
pub fn artifact_kind(folder: &str) -> Option<&'static ArtifactKind> {
    ARTIFACT_KINDS.iter().find(|kind| kind.folder == folder)
}

/// Where the folders are in the bucket: at the prefix of the sink, or where it has none in a folder named by the pipeline. Neither
/// begins or ends with a slash.
#[must_use]
pub fn artifact_path<'p>(prefix: &'p str, pipeline_id: &'p str) -> &'p str {
    if prefix.is_empty() { pipeline_id } else { prefix }
}

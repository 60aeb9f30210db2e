//! MP4 files of the silent media.

use std::time::Duration;

use crate::artifacts::media;

/// Which tracks a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tracks {
    pub(super) audio: bool,
    pub(super) video: bool,
}

/// Ticks a second of the file as a whole and of its video.
const TIMESCALE: u32 = 1000;

/// A file that plays for that long.
pub(super) fn file(tracks: Tracks, length: Duration) -> Vec<u8> {
    let millis = u32::try_from(length.as_millis()).unwrap_or(u32::MAX).max(1);
    let audio = tracks.audio.then(|| Track::audio(length));
    let video = tracks.video.then(|| Track::video(length, millis));
    let tracks: Vec<Track> = audio.into_iter().chain(video).collect();
    let kind = boxed(*b"ftyp", &[b"isom", &be(0x200)[..], b"isomiso2avc1mp41"].concat());
    // The chunks stand behind a header whose length does not depend on where they are.
    let header = |offsets: &[u32]| movie(&tracks, offsets, millis);
    let start = u32::try_from(kind.len() + header(&vec![0; tracks.len()]).len() + 8).unwrap_or(u32::MAX);
    let mut offsets = Vec::new();
    let mut data = Vec::new();
    for track in &tracks {
        offsets.push(start + u32::try_from(data.len()).unwrap_or(u32::MAX));
        data.extend(&track.data);
    }
    [kind, header(&offsets), boxed(*b"mdat", &data)].concat()
}

struct Track {
    is_audio: bool,
    timescale: u32,
    /// In its own ticks.
    duration: u32,
    /// How many samples have which length.
    times: Vec<(u32, u32)>,
    sizes: Sizes,
    data: Vec<u8>,
}

enum Sizes {
    Equal { size: u32, count: u32 },
    Each(Vec<u32>),
}

impl Track {
    fn audio(length: Duration) -> Track {
        let count = media::audio_frames(length);
        Track {
            is_audio: true,
            timescale: media::SAMPLE_RATE,
            duration: count * media::FRAME_SAMPLES,
            times: vec![(count, media::FRAME_SAMPLES)],
            sizes: Sizes::Equal { size: 4, count },
            data: media::SILENT_FRAME.repeat(count as usize),
        }
    }

    fn video(length: Duration, millis: u32) -> Track {
        let count = media::pictures(length);
        let (mut sizes, mut data) = (Vec::new(), Vec::new());
        let pictures = [0, 1].map(media::key_picture);
        for picture in pictures.iter().cycle().take(count as usize) {
            let size = u32::try_from(picture.len()).unwrap_or(u32::MAX);
            sizes.push(size + 4);
            data.extend(be(size));
            data.extend(picture);
        }
        let whole = (count - 1, TIMESCALE);
        let rest = (1, millis - (count - 1) * TIMESCALE);
        let times = [whole, rest].into_iter().filter(|(count, _)| *count > 0).collect();
        Track { is_audio: false, timescale: TIMESCALE, duration: millis, times, sizes: Sizes::Each(sizes), data }
    }

    fn count(&self) -> u32 {
        match &self.sizes {
            Sizes::Equal { count, .. } => *count,
            Sizes::Each(sizes) => u32::try_from(sizes.len()).unwrap_or(u32::MAX),
        }
    }

    fn describe(&self, number: u32, offset: u32, millis: u32) -> Vec<u8> {
        let (width, height) = if self.is_audio { (0, 0) } else { (media::WIDTH, media::HEIGHT) };
        let volume: u16 = if self.is_audio { 0x100 } else { 0 };
        let header = full(
            *b"tkhd",
            3,
            &[
                &be(0)[..],
                &be(0),
                &be(number),
                &be(0),
                &be(millis),
                &[0; 12],
                &volume.to_be_bytes(),
                &[0; 2],
                &MATRIX.concat(),
                &be(u32::from(width) << 16),
                &be(u32::from(height) << 16),
            ]
            .concat(),
        );
        let media_header = full(
            *b"mdhd",
            0,
            &[&be(0)[..], &be(0), &be(self.timescale), &be(self.duration), &[0x55, 0xc4, 0, 0]].concat(),
        );
        let (kind, name): (&[u8; 4], &[u8]) =
            if self.is_audio { (b"soun", b"SoundHandler\0") } else { (b"vide", b"VideoHandler\0") };
        let handler = full(*b"hdlr", 0, &[&be(0)[..], kind, &[0; 12], name].concat());
        let general = if self.is_audio { full(*b"smhd", 0, &[0; 4]) } else { full(*b"vmhd", 1, &[0; 8]) };
        let places = boxed(*b"dinf", &full(*b"dref", 0, &[&be(1)[..], &full(*b"url ", 1, &[])].concat()));
        let table = boxed(*b"stbl", &self.table(offset));
        let information = boxed(*b"minf", &[general, places, table].concat());
        boxed(*b"trak", &[header, boxed(*b"mdia", &[media_header, handler, information].concat())].concat())
    }

    fn table(&self, offset: u32) -> Vec<u8> {
        let entry = if self.is_audio { audio_entry() } else { video_entry() };
        let entries = u32::try_from(self.times.len()).unwrap_or_default();
        let times: Vec<u8> = self.times.iter().flat_map(|(count, delta)| [be(*count), be(*delta)].concat()).collect();
        let sizes = match &self.sizes {
            Sizes::Equal { size, count } => [be(*size), be(*count)].concat(),
            Sizes::Each(sizes) => {
                let each: Vec<u8> = sizes.iter().flat_map(|size| be(*size)).collect();
                [&be(0)[..], &be(self.count()), &each].concat()
            }
        };
        [
            full(*b"stsd", 0, &[&be(1)[..], &entry].concat()),
            full(*b"stts", 0, &[&be(entries)[..], &times].concat()),
            full(*b"stsc", 0, &[be(1), be(1), be(self.count()), be(1)].concat()),
            full(*b"stsz", 0, &sizes),
            full(*b"stco", 0, &[be(1), be(offset)].concat()),
        ]
        .concat()
    }
}

fn movie(tracks: &[Track], offsets: &[u32], millis: u32) -> Vec<u8> {
    let next = u32::try_from(tracks.len() + 1).unwrap_or(u32::MAX);
    let header = full(
        *b"mvhd",
        0,
        &[
            &be(0)[..],
            &be(0),
            &be(TIMESCALE),
            &be(millis),
            &be(0x1_0000),
            &[1, 0],
            &[0; 10],
            &MATRIX.concat(),
            &[0; 24],
            &be(next),
        ]
        .concat(),
    );
    let tracks = tracks
        .iter()
        .zip(offsets)
        .zip(1..)
        .flat_map(|((track, offset), number)| track.describe(number, *offset, millis));
    boxed(*b"moov", &header.into_iter().chain(tracks).collect::<Vec<u8>>())
}

fn audio_entry() -> Vec<u8> {
    let specific = [&[5, 2][..], &media::AUDIO_CONFIG].concat();
    // AAC in an audio stream; the bit rates are not told.
    let decoder = [&[4, 17, 0x40, 0x15, 0, 0, 0][..], &[0; 8], &specific].concat();
    let length = u8::try_from(3 + decoder.len() + 3).unwrap_or(u8::MAX);
    let stream = full(*b"esds", 0, &[&[3, length, 0, 1, 0][..], &decoder, &[6, 1, 2]].concat());
    boxed(
        *b"mp4a",
        &[&[0; 6][..], &[0, 1], &[0; 8], &[0, 1, 0, 16], &[0; 4], &be(media::SAMPLE_RATE << 16), &stream].concat(),
    )
}

fn video_entry() -> Vec<u8> {
    let (sequence, picture) = (media::sequence_parameters(), media::picture_parameters());
    let unit = |unit: &[u8]| [&u16::try_from(unit.len()).unwrap_or(u16::MAX).to_be_bytes()[..], unit].concat();
    let configuration =
        boxed(*b"avcC", &[&[1][..], &media::PROFILE, &[0xff, 0xe1], &unit(&sequence), &[1], &unit(&picture)].concat());
    boxed(
        *b"avc1",
        &[
            &[0; 6][..],
            &[0, 1],
            &[0; 16],
            &media::WIDTH.to_be_bytes(),
            &media::HEIGHT.to_be_bytes(),
            &be(0x48_0000),
            &be(0x48_0000),
            &[0; 4],
            &[0, 1],
            &[0; 32],
            &[0, 24, 0xff, 0xff],
            &configuration,
        ]
        .concat(),
    )
}

/// No rotation.
const MATRIX: [[u8; 4]; 9] = {
    let (none, one) = ([0; 4], [0, 1, 0, 0]);
    [one, none, none, none, one, none, none, none, [0x40, 0, 0, 0]]
};

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [&be(length)[..], &kind, content].concat()
}

/// A box with a version, which is 0, and flags.
fn full(kind: [u8; 4], flags: u32, content: &[u8]) -> Vec<u8> {
    boxed(kind, &[&be(flags)[..], content].concat())
}

fn be(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

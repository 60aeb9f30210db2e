//! Media that says nothing: silent AAC and a grey picture in H.264, as small as valid streams are.

use std::time::Duration;

/// Of the audio, samples a second; a frame has [`FRAME_SAMPLES`].
pub(super) const SAMPLE_RATE: u32 = 48_000;
pub(super) const FRAME_SAMPLES: u32 = 1024;

/// What a decoder of the audio is set up with: AAC-LC, 48 kHz, one channel.
pub(super) const AUDIO_CONFIG: [u8; 2] = [0x11, 0x88];

/// A frame without any spectral band: 29 bits of zero, which are one channel's empty stream, and the mark of the end.
pub(super) const SILENT_FRAME: [u8; 4] = [0, 0, 0, 0b111];

/// The size of the picture, in macroblocks of 16 pixels.
const COLUMNS: u32 = 20;
const ROWS: u32 = 11;
pub(super) const WIDTH: u16 = 320;
pub(super) const HEIGHT: u16 = 176;

/// Baseline profile, which every player takes.
pub(super) const PROFILE: [u8; 3] = [66, 0xc0, 30];

/// How many frames of audio fill that time.
pub(super) fn audio_frames(length: Duration) -> u32 {
    let samples = length.as_millis() * u128::from(SAMPLE_RATE) / 1000;
    u32::try_from(samples.div_ceil(u128::from(FRAME_SAMPLES))).unwrap_or(u32::MAX).max(1)
}

/// How many pictures fill that time: one a second.
pub(super) fn pictures(length: Duration) -> u32 {
    u32::try_from(length.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}

pub(super) fn sequence_parameters() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0); // seq_parameter_set_id
    bits.golomb(0); // log2_max_frame_num_minus4
    bits.golomb(2); // pic_order_cnt_type: in the order of decoding
    bits.golomb(1); // max_num_ref_frames
    bits.push(0, 1); // gaps_in_frame_num_value_allowed_flag
    bits.golomb(COLUMNS - 1);
    bits.golomb(ROWS - 1);
    bits.push(0b1100, 4); // frames only, direct 8x8, no cropping, no VUI
    let mut unit = vec![0x67];
    unit.extend(PROFILE);
    unit.extend(bits.finish());
    with_emulation_prevention(&unit)
}

pub(super) fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0); // pic_parameter_set_id
    bits.golomb(0); // seq_parameter_set_id
    bits.push(0, 2); // CAVLC, no bottom field order
    bits.golomb(0); // one slice group
    bits.golomb(0); // num_ref_idx_l0_default_active_minus1
    bits.golomb(0); // num_ref_idx_l1_default_active_minus1
    bits.push(0, 3); // no weighted prediction
    bits.golomb(0); // pic_init_qp_minus26
    bits.golomb(0); // pic_init_qs_minus26
    bits.golomb(0); // chroma_qp_index_offset
    bits.push(0b100, 3); // deblocking is controlled by slices
    let mut unit = vec![0x68];
    unit.extend(bits.finish());
    with_emulation_prevention(&unit)
}

/// A key picture. Two that follow each other differ in `number`.
pub(super) fn key_picture(number: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0); // first_mb_in_slice
    bits.golomb(7); // every slice is intra
    bits.golomb(0); // pic_parameter_set_id
    bits.push(0, 4); // frame_num
    bits.golomb(number % 2); // idr_pic_id
    bits.push(0, 2); // dec_ref_pic_marking
    bits.golomb(0); // slice_qp_delta
    bits.golomb(1); // no deblocking
    for _ in 0..COLUMNS * ROWS {
        bits.golomb(3); // Intra 16x16, predicted by the mean, which is grey where there are no neighbours
        bits.golomb(0); // intra_chroma_pred_mode
        bits.golomb(0); // mb_qp_delta
        bits.push(1, 1); // no coefficients
    }
    let mut unit = vec![0x65];
    unit.extend(bits.finish());
    with_emulation_prevention(&unit)
}

/// Three bytes that would be a start code are broken up.
fn with_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for byte in unit.iter().copied() {
        if zeros >= 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// Bits, the highest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut()
                && (value >> at) & 1 == 1
            {
                *last |= 0x80 >> (self.used % 8);
            }
            self.used += 1;
        }
    }

    /// An unsigned Exp-Golomb number; a signed zero is the same.
    fn golomb(&mut self, value: u32) {
        let length = (value + 1).ilog2();
        self.push(0, length);
        self.push(value + 1, length + 1);
    }

    /// With the stop bit, and zeros up to a whole byte.
    fn finish(mut self) -> Vec<u8> {
        self.push(1, 1);
        self.bytes
    }
}

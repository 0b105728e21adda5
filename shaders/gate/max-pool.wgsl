// 2×2 maximum pooling after a ReLU that remembers, as bits, where the two let gradients through.
// output [height, width, channels] after the ReLU → pooled [⌊height/2⌋, ⌊width/2⌋, channels] and
// gate [⌈height/4⌉, ⌈width/4⌉, ⌈channels/4⌉, 2]: words for rows 0–1 and 2–3 of a 4×4 block, bit (row & 1)·16 + column·4 + channel,
// set at the first maximum in row order of a window, if that is positive.
// One invocation makes one word and the two windows × four channels that it covers; odd edges are dropped.
// Nothing is shared. Numerics: exact.

struct Params {
  height: u32,
  width: u32,
  channels: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read_write> pooled: array<f32>;
@group(0) @binding(2) var<storage, read_write> gate: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  let groups = (params.channels + 3u) / 4u;
  let blocks_x = (params.width + 3u) / 4u;
  let blocks_y = (params.height + 3u) / 4u;
  if (i >= blocks_y * blocks_x * groups * 2u) {
    return;
  }
  let block = i / (groups * 2u);
  let channel0 = (i / 2u) % groups * 4u;
  let y = (block / blocks_x) * 2u + (i & 1u);
  let x0 = (block % blocks_x) * 2u;
  let row = params.width * params.channels;
  var word = 0u;
  for (var n = 0u; n < 8u; n++) {
    let x = x0 + (n >> 2u);
    let channel = channel0 + (n & 3u);
    if (y < params.height / 2u && x < params.width / 2u && channel < params.channels) {
      let at = y * 2u * row + x * 2u * params.channels + channel;
      let a = output[at];
      let b = output[at + params.channels];
      let c = output[at + row];
      let d = output[at + row + params.channels];
      let maximum = max(max(a, b), max(c, d));
      pooled[(y * (params.width / 2u) + x) * params.channels + channel] = maximum;
      if (maximum > 0.0) {
        let first = select(select(select(20u, 16u, c == maximum), 4u, b == maximum), 0u, a == maximum);
        word |= 1u << (first + (n >> 2u) * 8u + (n & 3u));
      }
    }
  }
  gate[i] = word;
}

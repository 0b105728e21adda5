// Where a ReLU lets gradients through, as bits. output [height, width, channels] after the ReLU →
// gate [⌈height/4⌉, ⌈width/4⌉, ⌈channels/4⌉, 2]: words for rows 0–1 and 2–3 of a 4×4 block, bit (row & 1)·16 + column·4 + channel.
// One invocation makes one word; bits of pixels and channels outside are 0. Nothing is shared. Numerics: exact.

struct Params {
  height: u32,
  width: u32,
  channels: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read_write> gate: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

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
  let y0 = (block / blocks_x) * 4u + (i & 1u) * 2u;
  let x0 = (block % blocks_x) * 4u;
  var word = 0u;
  for (var bit = 0u; bit < 32u; bit++) {
    let y = y0 + (bit >> 4u);
    let x = x0 + ((bit >> 2u) & 3u);
    let channel = channel0 + (bit & 3u);
    if (y < params.height && x < params.width && channel < params.channels) {
      if (output[(y * params.width + x) * params.channels + channel] > 0.0) {
        word |= 1u << bit;
      }
    }
  }
  gate[i] = word;
}

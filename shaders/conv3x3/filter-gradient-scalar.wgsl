// Gradient of a 3×3 convolution with stride 1 to its filter, on any channel counts: partial sums.
// input [batch, height, width, inChannels], gradient [batch, out_height, out_width, outChannels], partials [slices, 3, 3, inChannels, outChannels].
// One invocation sums the three taps of a filter row × 1 input channel × 4 output channels over every slices-th output row;
// a component is an output channel, channels past the end repeat the last one and are not written. Another pass adds the
// slices in a fixed order. Neighbouring invocations lie along the output channels. Nothing is shared, no barriers.
// Numerics: f32, summed in the order output row, output column.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad: u32, // zeros on every side
  rows: u32, // batch * out_height
  slices: u32,
  rounds: u32, // ceil(rows / slices)
  in_channels: u32,
  out_channels: u32,
  out_groups: u32, // ceil(out_channels / 4)
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// The input at a row's start and a column counted from the left edge of the padding; zero outside.
fn load(row_start: u32, padded_column: u32, channel: u32) -> f32 {
  let inside = padded_column >= params.pad && padded_column < params.width + params.pad;
  let column = select(0u, padded_column - params.pad, inside);
  return select(0.0, input[(row_start + column) * params.in_channels + channel], inside);
}

fn store(at: u32, n0: u32, sum: vec4f) {
  partials[at + n0] = sum.x;
  if (n0 + 1u < params.out_channels) {
    partials[at + n0 + 1u] = sum.y;
  }
  if (n0 + 2u < params.out_channels) {
    partials[at + n0 + 2u] = sum.z;
  }
  if (n0 + 3u < params.out_channels) {
    partials[at + n0 + 3u] = sum.w;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  let slice = i / (params.out_groups * params.in_channels * 3u);
  if (slice >= params.slices) {
    return;
  }
  let n0 = (i % params.out_groups) * 4u;
  let channel = (i / params.out_groups) % params.in_channels;
  let ky = (i / (params.out_groups * params.in_channels)) % 3u;
  let last = params.out_channels - 1u;
  let n1 = min(n0 + 1u, last);
  let n2 = min(n0 + 2u, last);
  let n3 = min(n0 + 3u, last);
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  for (var round = 0u; round < params.rounds; round++) {
    let row = round * params.slices + slice;
    let padded_row = row % params.out_height + ky;
    if (row < params.rows && padded_row >= params.pad && padded_row < params.height + params.pad) {
      let row_start = ((row / params.out_height) * params.height + padded_row - params.pad) * params.width;
      var p0 = load(row_start, 0u, channel);
      var p1 = load(row_start, 1u, channel);
      for (var x = 0u; x < params.out_width; x++) {
        let p2 = load(row_start, x + 2u, channel);
        let at = (row * params.out_width + x) * params.out_channels;
        let g = vec4f(gradient[at + n0], gradient[at + n1], gradient[at + n2], gradient[at + n3]);
        s0 = g * p0 + s0;
        s1 = g * p1 + s1;
        s2 = g * p2 + s2;
        p0 = p1;
        p1 = p2;
      }
    }
  }
  let tap = (slice * 3u + ky) * 3u;
  store((tap * params.in_channels + channel) * params.out_channels, n0, s0);
  store(((tap + 1u) * params.in_channels + channel) * params.out_channels, n0, s1);
  store(((tap + 2u) * params.in_channels + channel) * params.out_channels, n0, s2);
}

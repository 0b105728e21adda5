// 3×3 convolution with bias and ReLU, zero or circular padding, stride 1, on any channel counts.
// input [height, width, inChannels], weights [3, 3, inChannels, outChannels] (HWIO), output [height, width, outChannels].
// One invocation computes a strip of 4 neighbouring pixels of a row × 4 output channels: accumulator aN holds the strip
// (component: pixel) of channel N. Channels past the end repeat the last one and are not written.
// Invocations of a workgroup lie along the pixels and read the same weights. Nothing is shared, there are no barriers.
// Numerics: f32, summed in the order filter row, input channel, filter column.

struct Params {
  height: u32,
  width: u32,
  strips_per_row: u32, // ceil(width / 4)
  strip_groups: u32, // ceil(height * strips_per_row / WORKGROUP)
  channel_groups: u32, // ceil(out_channels / 4)
  in_channels: u32,
  out_channels: u32,
  has_bias: u32,
  relu: u32,
}

override WORKGROUP: u32 = 64;
override WRAP: u32 = 0; // 1: beyond an edge lies the other edge

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Row or column `at` - 1 of `length`, where it stands beyond an edge: at that edge (whose value does not count), or at the other one.
fn place(at: u32, length: u32) -> u32 {
  if (WRAP == 1u) {
    return (at + length - 1u) % length;
  }
  return min(max(at, 1u) - 1u, length - 1u);
}

fn counts(at: u32, length: u32) -> bool {
  return WRAP == 1u || (at >= 1u && at <= length);
}

fn bias_of(channel: u32) -> vec4f {
  if (params.has_bias == 1u) {
    return vec4f(bias[channel]);
  }
  return vec4f();
}

fn store(at: u32, value: f32) {
  output[at] = select(value, max(value, 0.0), params.relu == 1u);
}

fn store_strip(at: u32, count: u32, strip: vec4f) {
  store(at, strip.x);
  if (count > 1u) {
    store(at + params.out_channels, strip.y);
  }
  if (count > 2u) {
    store(at + 2u * params.out_channels, strip.z);
  }
  if (count > 3u) {
    store(at + 3u * params.out_channels, strip.w);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  let channel_group = group / params.strip_groups;
  let strip = (group % params.strip_groups) * WORKGROUP + lane;
  if (channel_group >= params.channel_groups || strip >= params.height * params.strips_per_row) {
    return;
  }
  let y = strip / params.strips_per_row;
  let x = (strip % params.strips_per_row) * 4u;
  let n0 = channel_group * 4u;
  let n1 = min(n0 + 1u, params.out_channels - 1u);
  let n2 = min(n0 + 2u, params.out_channels - 1u);
  let n3 = min(n0 + 3u, params.out_channels - 1u);
  // Columns x - 1 … x + 4: their addresses, and which of them count.
  let counts0 = counts(x + 0u, params.width);
  let counts2 = counts(x + 2u, params.width);
  let counts3 = counts(x + 3u, params.width);
  let counts4 = counts(x + 4u, params.width);
  let counts5 = counts(x + 5u, params.width);
  let column0 = place(x + 0u, params.width) * params.in_channels;
  let column1 = x * params.in_channels;
  let column2 = place(x + 2u, params.width) * params.in_channels;
  let column3 = place(x + 3u, params.width) * params.in_channels;
  let column4 = place(x + 4u, params.width) * params.in_channels;
  let column5 = place(x + 5u, params.width) * params.in_channels;
  var a0 = bias_of(n0);
  var a1 = bias_of(n1);
  var a2 = bias_of(n2);
  var a3 = bias_of(n3);
  for (var ky = 0u; ky < 3u; ky++) {
    let row = y + ky; // one below the input row, so that it stays unsigned
    if (counts(row, params.height)) {
      let row_start = place(row, params.height) * params.width * params.in_channels;
      for (var k = 0u; k < params.in_channels; k++) {
        let at = row_start + k;
        let i0 = select(0.0, input[at + column0], counts0);
        let i1 = input[at + column1];
        let i2 = select(0.0, input[at + column2], counts2);
        let i3 = select(0.0, input[at + column3], counts3);
        let i4 = select(0.0, input[at + column4], counts4);
        let i5 = select(0.0, input[at + column5], counts5);
        let p0 = vec4f(i0, i1, i2, i3);
        let p1 = vec4f(i1, i2, i3, i4);
        let p2 = vec4f(i2, i3, i4, i5);
        let w0 = (ky * 3u * params.in_channels + k) * params.out_channels;
        let w1 = w0 + params.in_channels * params.out_channels;
        let w2 = w1 + params.in_channels * params.out_channels;
        a0 = p2 * weights[w2 + n0] + (p1 * weights[w1 + n0] + (p0 * weights[w0 + n0] + a0));
        a1 = p2 * weights[w2 + n1] + (p1 * weights[w1 + n1] + (p0 * weights[w0 + n1] + a1));
        a2 = p2 * weights[w2 + n2] + (p1 * weights[w1 + n2] + (p0 * weights[w0 + n2] + a2));
        a3 = p2 * weights[w2 + n3] + (p1 * weights[w1 + n3] + (p0 * weights[w0 + n3] + a3));
      }
    }
  }
  let out = (y * params.width + x) * params.out_channels;
  let count = min(4u, params.width - x);
  store_strip(out + n0, count, a0);
  if (n0 + 1u < params.out_channels) {
    store_strip(out + n1, count, a1);
  }
  if (n0 + 2u < params.out_channels) {
    store_strip(out + n2, count, a2);
  }
  if (n0 + 3u < params.out_channels) {
    store_strip(out + n3, count, a3);
  }
}

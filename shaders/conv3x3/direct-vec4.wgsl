// 3×3 convolution with bias and ReLU, zero or circular padding, stride 1, on channel counts that are multiples of 4.
// input [height, width, inChannels], weights [3, 3, inChannels, outChannels] (HWIO), output [height, width, outChannels].
// One invocation computes a strip of 4 neighbouring pixels of a row × 8 output channels in 8 vec4 accumulators; where
// outChannels is no multiple of 8 the last invocation along the channels computes 4 of them twice and writes them once.
// Invocations of a workgroup lie along the pixels and read the same weights. Nothing is shared, there are no barriers.
// Numerics: f32, summed in the order filter row, input channel by 4, filter column, input channel.

struct Params {
  height: u32,
  width: u32,
  strips_per_row: u32, // ceil(width / 4)
  strip_groups: u32, // ceil(height * strips_per_row / WORKGROUP)
  channel_groups: u32, // ceil(out_vectors / 2)
  in_vectors: u32, // inChannels / 4
  out_vectors: u32, // outChannels / 4
  has_bias: u32,
  relu: u32,
}

override WORKGROUP: u32 = 64;
override WRAP: u32 = 0; // 1: beyond an edge lies the other edge

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
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

fn activate(value: vec4f) -> vec4f {
  return select(value, max(value, vec4f()), params.relu == 1u);
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
  let n0 = channel_group * 2u;
  let n1 = min(n0 + 1u, params.out_vectors - 1u);
  // Columns x - 1 … x + 4: their addresses, and which of them count.
  let counts0 = counts(x + 0u, params.width);
  let counts2 = counts(x + 2u, params.width);
  let counts3 = counts(x + 3u, params.width);
  let counts4 = counts(x + 4u, params.width);
  let counts5 = counts(x + 5u, params.width);
  let column0 = place(x + 0u, params.width) * params.in_vectors;
  let column1 = x * params.in_vectors;
  let column2 = place(x + 2u, params.width) * params.in_vectors;
  let column3 = place(x + 3u, params.width) * params.in_vectors;
  let column4 = place(x + 4u, params.width) * params.in_vectors;
  let column5 = place(x + 5u, params.width) * params.in_vectors;
  var start0 = vec4f();
  var start1 = vec4f();
  if (params.has_bias == 1u) {
    start0 = bias[n0];
    start1 = bias[n1];
  }
  var a0 = start0;
  var a1 = start0;
  var a2 = start0;
  var a3 = start0;
  var b0 = start1;
  var b1 = start1;
  var b2 = start1;
  var b3 = start1;
  for (var ky = 0u; ky < 3u; ky++) {
    let row = y + ky; // one below the input row, so that it stays unsigned
    if (counts(row, params.height)) {
      let row_start = place(row, params.height) * params.width * params.in_vectors;
      for (var k = 0u; k < params.in_vectors; k++) {
        let at = row_start + k;
        let i0 = select(vec4f(), input[at + column0], counts0);
        let i1 = input[at + column1];
        let i2 = select(vec4f(), input[at + column2], counts2);
        let i3 = select(vec4f(), input[at + column3], counts3);
        let i4 = select(vec4f(), input[at + column4], counts4);
        let i5 = select(vec4f(), input[at + column5], counts5);
        var p0 = i0;
        var p1 = i1;
        var p2 = i2;
        var p3 = i3;
        for (var kx = 0u; kx < 3u; kx++) {
          let w = (((ky * 3u + kx) * params.in_vectors + k) * 4u) * params.out_vectors;
          let u0 = weights[w + n0];
          let v0 = weights[w + n1];
          let u1 = weights[w + params.out_vectors + n0];
          let v1 = weights[w + params.out_vectors + n1];
          let u2 = weights[w + 2u * params.out_vectors + n0];
          let v2 = weights[w + 2u * params.out_vectors + n1];
          let u3 = weights[w + 3u * params.out_vectors + n0];
          let v3 = weights[w + 3u * params.out_vectors + n1];
          a0 = u3 * p0.w + (u2 * p0.z + (u1 * p0.y + (u0 * p0.x + a0)));
          b0 = v3 * p0.w + (v2 * p0.z + (v1 * p0.y + (v0 * p0.x + b0)));
          a1 = u3 * p1.w + (u2 * p1.z + (u1 * p1.y + (u0 * p1.x + a1)));
          b1 = v3 * p1.w + (v2 * p1.z + (v1 * p1.y + (v0 * p1.x + b1)));
          a2 = u3 * p2.w + (u2 * p2.z + (u1 * p2.y + (u0 * p2.x + a2)));
          b2 = v3 * p2.w + (v2 * p2.z + (v1 * p2.y + (v0 * p2.x + b2)));
          a3 = u3 * p3.w + (u2 * p3.z + (u1 * p3.y + (u0 * p3.x + a3)));
          b3 = v3 * p3.w + (v2 * p3.z + (v1 * p3.y + (v0 * p3.x + b3)));
          p0 = p1;
          p1 = p2;
          p2 = p3;
          p3 = select(i5, i4, kx == 0u);
        }
      }
    }
  }
  let out = (y * params.width + x) * params.out_vectors;
  output[out + n0] = activate(a0);
  if (x + 1u < params.width) {
    output[out + params.out_vectors + n0] = activate(a1);
  }
  if (x + 2u < params.width) {
    output[out + 2u * params.out_vectors + n0] = activate(a2);
  }
  if (x + 3u < params.width) {
    output[out + 3u * params.out_vectors + n0] = activate(a3);
  }
  if (n1 > n0) {
    output[out + n1] = activate(b0);
    if (x + 1u < params.width) {
      output[out + params.out_vectors + n1] = activate(b1);
    }
    if (x + 2u < params.width) {
      output[out + 2u * params.out_vectors + n1] = activate(b2);
    }
    if (x + 3u < params.width) {
      output[out + 3u * params.out_vectors + n1] = activate(b3);
    }
  }
}

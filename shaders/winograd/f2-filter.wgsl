// Winograd filter transform U = G g Gᵀ of F(2×2, 3×3) with the points 0, ±1, ∞.
// weights [3, 3, IN_CHANNELS, OUT_CHANNELS] → transformedWeights [16, IN_CHANNELS, OUT_CHANNELS].
// One invocation transforms the filters from one input channel to four output channels. Nothing is shared.
// Numerics: f32; all factors are powers of two.

override WORKGROUP: u32 = 64;
override IN_CHANNELS: u32 = 4;
override OUT_CHANNELS: u32 = 4;

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> transformedWeights: array<vec4f>;

struct Four {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
}

fn transform(g0: vec4f, g1: vec4f, g2: vec4f) -> Four {
  let even = 0.5 * (g0 + g2);
  let odd = 0.5 * g1;
  return Four(g0, even + odd, even - odd, g2);
}

fn store_row(at: u32, plane: u32, row: u32, g0: vec4f, g1: vec4f, g2: vec4f) {
  let u = transform(g0, g1, g2);
  let start = at + row * 4u * plane;
  transformedWeights[start] = u.p0;
  transformedWeights[start + plane] = u.p1;
  transformedWeights[start + 2u * plane] = u.p2;
  transformedWeights[start + 3u * plane] = u.p3;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  let plane = IN_CHANNELS * (OUT_CHANNELS / 4u);
  if (i >= plane) {
    return;
  }
  let a = transform(weights[i], weights[i + 3u * plane], weights[i + 6u * plane]);
  let b = transform(weights[i + plane], weights[i + 4u * plane], weights[i + 7u * plane]);
  let c = transform(weights[i + 2u * plane], weights[i + 5u * plane], weights[i + 8u * plane]);
  store_row(i, plane, 0u, a.p0, b.p0, c.p0);
  store_row(i, plane, 1u, a.p1, b.p1, c.p1);
  store_row(i, plane, 2u, a.p2, b.p2, c.p2);
  store_row(i, plane, 3u, a.p3, b.p3, c.p3);
}

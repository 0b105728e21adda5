// Winograd filter transform U = G g Gᵀ of F(4×4, 3×3) with the points 0, ±√2, ±√½, ∞.
// weights [3, 3, IN_CHANNELS, OUT_CHANNELS] → transformedWeights [36, IN_CHANNELS, OUT_CHANNELS].
// One invocation transforms the filters from one input channel to four output channels. Nothing is shared.
// Numerics: f32. Row i of G is p_i^k / Π_{j≠i} (p_i - p_j); the products are 1, 6, 6, -3/2, -3/2.

override WORKGROUP: u32 = 64;
override IN_CHANNELS: u32 = 4;
override OUT_CHANNELS: u32 = 4;

const ROOT_2: f32 = 1.4142135623730951;
const ROOT_HALF: f32 = 0.7071067811865476;

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> transformedWeights: array<vec4f>;

struct Six {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
  p4: vec4f,
  p5: vec4f,
}

fn transform(g0: vec4f, g1: vec4f, g2: vec4f) -> Six {
  let even1 = (g0 + 2.0 * g2) * (1.0 / 6.0);
  let odd1 = g1 * (ROOT_2 / 6.0);
  let even3 = (g0 + 0.5 * g2) * (-2.0 / 3.0);
  let odd3 = g1 * (-2.0 * ROOT_HALF / 3.0);
  return Six(g0, even1 + odd1, even1 - odd1, even3 + odd3, even3 - odd3, g2);
}

fn store_row(at: u32, plane: u32, row: u32, g0: vec4f, g1: vec4f, g2: vec4f) {
  let u = transform(g0, g1, g2);
  let start = at + row * 6u * plane;
  transformedWeights[start] = u.p0;
  transformedWeights[start + plane] = u.p1;
  transformedWeights[start + 2u * plane] = u.p2;
  transformedWeights[start + 3u * plane] = u.p3;
  transformedWeights[start + 4u * plane] = u.p4;
  transformedWeights[start + 5u * plane] = u.p5;
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
  store_row(i, plane, 4u, a.p4, b.p4, c.p4);
  store_row(i, plane, 5u, a.p5, b.p5, c.p5);
}

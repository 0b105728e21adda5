// Gradient of the style loss with respect to features [positions, channels], four channels a load:
// gradient += weight * scale * features · difference, with difference [channels, channels].
// One invocation computes 4 positions x 8 channels in registers. A workgroup is WORKGROUP neighbouring tiles, channels
// first; nothing is shared. Rows and columns past the last repeat the last and are not written.
// Numerics: f32, channels / 4 terms in a row per sum.

struct Params {
  positions: u32,
  channels: u32,
  scale: f32, // 4 / (positions * channels^2)
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read> difference: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let columns = (params.channels + 7u) / 8u;
  let rows = (params.positions + 3u) / 4u;
  let tile = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (tile >= rows * columns) {
    return;
  }
  let row = (tile / columns) * 4u;
  let last = params.positions - 1u;
  let quads = params.channels / 4u;
  let column = (tile % columns) * 2u;
  let low = column;
  let high = min(column + 1u, quads - 1u);
  let p0 = min(row + 0u, last) * quads;
  let p1 = min(row + 1u, last) * quads;
  let p2 = min(row + 2u, last) * quads;
  let p3 = min(row + 3u, last) * quads;
  var r0l = vec4f();
  var r0h = vec4f();
  var r1l = vec4f();
  var r1h = vec4f();
  var r2l = vec4f();
  var r2h = vec4f();
  var r3l = vec4f();
  var r3h = vec4f();
  for (var k = 0u; k < quads; k++) {
    let l0 = difference[k * 4u * quads + 0u * quads + low];
    let h0 = difference[k * 4u * quads + 0u * quads + high];
    let l1 = difference[k * 4u * quads + 1u * quads + low];
    let h1 = difference[k * 4u * quads + 1u * quads + high];
    let l2 = difference[k * 4u * quads + 2u * quads + low];
    let h2 = difference[k * 4u * quads + 2u * quads + high];
    let l3 = difference[k * 4u * quads + 3u * quads + low];
    let h3 = difference[k * 4u * quads + 3u * quads + high];
    let f0 = features[p0 + k];
    let f1 = features[p1 + k];
    let f2 = features[p2 + k];
    let f3 = features[p3 + k];
    r0l += f0.x * l0 + f0.y * l1 + f0.z * l2 + f0.w * l3;
    r0h += f0.x * h0 + f0.y * h1 + f0.z * h2 + f0.w * h3;
    r1l += f1.x * l0 + f1.y * l1 + f1.z * l2 + f1.w * l3;
    r1h += f1.x * h0 + f1.y * h1 + f1.z * h2 + f1.w * h3;
    r2l += f2.x * l0 + f2.y * l1 + f2.z * l2 + f2.w * l3;
    r2h += f2.x * h0 + f2.y * h1 + f2.z * h2 + f2.w * h3;
    r3l += f3.x * l0 + f3.y * l1 + f3.z * l2 + f3.w * l3;
    r3h += f3.x * h0 + f3.y * h1 + f3.z * h2 + f3.w * h3;
  }
  let factor = weight[0] * params.scale;
  if (row + 0u <= last) {
    gradient[p0 + low] += factor * r0l;
    if (column + 1u < quads) {
      gradient[p0 + high] += factor * r0h;
    }
  }
  if (row + 1u <= last) {
    gradient[p1 + low] += factor * r1l;
    if (column + 1u < quads) {
      gradient[p1 + high] += factor * r1h;
    }
  }
  if (row + 2u <= last) {
    gradient[p2 + low] += factor * r2l;
    if (column + 1u < quads) {
      gradient[p2 + high] += factor * r2h;
    }
  }
  if (row + 3u <= last) {
    gradient[p3 + low] += factor * r3l;
    if (column + 1u < quads) {
      gradient[p3 + high] += factor * r3h;
    }
  }
}

// Sum of `count` values by one workgroup, for devices without subgroups.
// One invocation adds the values i, i + WORKGROUP, i + 2·WORKGROUP, … in that order; the workgroup shares these sums and
// halves their number with each barrier. WORKGROUP is a power of two.
// Numerics: f32, a fixed tree of additions, so the same bits every time.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 128;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var round = 0u; round < (params.count + WORKGROUP - 1u) / WORKGROUP; round++) {
    let i = round * WORKGROUP + local;
    if (i < params.count) {
      sum += values[i];
    }
  }
  sums[local] = sum;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      sums[local] += sums[local + half];
    }
  }
  if (local == 0u) {
    total[0] = sums[0];
  }
}

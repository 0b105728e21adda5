enable subgroups;

// Sum of `count` values by one workgroup.
// One invocation adds the values i, i + WORKGROUP, i + 2·WORKGROUP, … in that order; each subgroup adds its invocations'
// sums at once, and the first invocation adds the subgroups', which are shared through workgroup memory.
// Numerics: f32; the order is the adapter's own but the same every time.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 128;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

// One slot for each invocation: a subgroup may be as small as one.
var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32, @builtin(subgroup_invocation_id) lane: u32) {
  var sum = 0.0;
  for (var round = 0u; round < (params.count + WORKGROUP - 1u) / WORKGROUP; round++) {
    let i = round * WORKGROUP + local;
    if (i < params.count) {
      sum += values[i];
    }
  }
  let together = subgroupAdd(sum);
  // Every other slot is zero, as workgroup memory begins; which slot a subgroup takes does not matter.
  if (lane == 0u) {
    sums[local] = together;
  }
  workgroupBarrier();
  if (local == 0u) {
    var all = 0.0;
    for (var i = 0u; i < WORKGROUP; i++) {
      all += sums[i];
    }
    total[0] = all;
  }
}

// Adds scaled values to running sums and keeps what rounding loses: sum + compensation is the true sum to about twice the
// digits of f32 (Neumaier's form of Kahan's summation, with Knuth's two-sum).
// One invocation updates one sum. Nothing is shared. Numerics: f32; a compiler that reorders additions would make it a plain sum.

struct Params {
  count: u32,
  factor: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> value: array<f32>;
@group(0) @binding(1) var<storage, read_write> sum: array<f32>;
@group(0) @binding(2) var<storage, read_write> compensation: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.count) {
    return;
  }
  let before = sum[i];
  let added = params.factor * value[i];
  let after = before + added;
  let rounded = after - before;
  compensation[i] += (before - (after - rounded)) + (added - rounded);
  sum[i] = after;
}

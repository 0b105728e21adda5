// Sets every element to one value. One invocation writes one element; nothing is shared.

struct Params {
  count: u32,
  value: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read_write> output: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i < params.count) {
    output[i] = params.value;
  }
}

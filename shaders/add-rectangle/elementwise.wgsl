// Adds a piece [piece_height, piece_width, channels] to a rectangle of a feature map or image [.., map_width, channels]:
// map[top + y, left + x] += piece[y, x] inside the rectangle; what the piece holds beyond its rows and columns is left out.
// The map may be bound in part: its elements first, first + 1, … first + count - 1; the rest is left out as well. The rectangle
// (top, left, rows, columns) is shifted right by `shift`, which is how pooling shrinks it.
// One invocation takes one element of the piece. Nothing is shared. Numerics: f32, one addition.

struct Params {
  map_width: u32,
  channels: u32,
  first: u32,
  count: u32,
  piece_width: u32,
  piece_count: u32,
  shift: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> piece: array<f32>;
@group(0) @binding(1) var<storage, read> rectangle: array<u32>;
@group(0) @binding(2) var<storage, read_write> map: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.piece_count) {
    return;
  }
  let row_length = params.piece_width * params.channels;
  let y = i / row_length;
  let x = (i % row_length) / params.channels;
  let channel = i % params.channels;
  if (y >= (rectangle[2] >> params.shift) || x >= (rectangle[3] >> params.shift)) {
    return;
  }
  let row = (rectangle[0] >> params.shift) + y;
  let column = (rectangle[1] >> params.shift) + x;
  let at = (row * params.map_width + column) * params.channels + channel;
  if (at >= params.first && at - params.first < params.count) {
    map[at - params.first] += piece[i];
  }
}

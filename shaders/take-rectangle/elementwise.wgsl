// Takes a rectangle out of a feature map or image [.., map_width, channels] into a piece [piece_height, piece_width, channels]:
// piece[y, x] = map[top + y, left + x] inside the rectangle, 0 beyond its rows and columns.
// The map may be bound in part: its elements first, first + 1, … first + count - 1. Elements of the piece that lie in another
// part stay as they are. The rectangle (top, left, rows, columns) is shifted right by `shift`, which is how pooling shrinks it.
// One invocation computes one element. Nothing is shared. Numerics: copies.

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

@group(0) @binding(0) var<storage, read> map: array<f32>;
@group(0) @binding(1) var<storage, read> rectangle: array<u32>;
@group(0) @binding(2) var<storage, read_write> piece: array<f32>;
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
    piece[i] = 0.0;
    return;
  }
  let row = (rectangle[0] >> params.shift) + y;
  let column = (rectangle[1] >> params.shift) + x;
  let at = (row * params.map_width + column) * params.channels + channel;
  if (at >= params.first && at - params.first < params.count) {
    piece[i] = map[at - params.first];
  }
}

import '../src/ui/bench/bench.js';
import './plain.js';

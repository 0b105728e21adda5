/** Gives the benchmark its words. */
import { BENCH_ENGLISH } from '../base/strings-bench.js';
import { addWords } from '../base/words-here.js';

addWords(BENCH_ENGLISH);

import '../src/ui/fine-tune/fine-tune.js';
import './plain.js';

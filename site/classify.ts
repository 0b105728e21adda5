import '../src/ui/classifier/classifier.js';
import './plain.js';

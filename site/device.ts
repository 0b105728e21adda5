import '../src/ui/device/device.js';
import './plain.js';

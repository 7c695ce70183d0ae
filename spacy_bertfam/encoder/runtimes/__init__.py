"""What can run the network in prediction, a file each: torch, onnxruntime, OpenVINO."""

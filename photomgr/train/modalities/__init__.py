"""Hand-made modalities beside the deep ones: colour, edges, texture, spatial envelope, local patches.

They are those of Sun, Zhu and Shi, *Image Annotation via Deep Neural Network*, computed inside an ONNX graph from
the pixels that the shipped network takes, so that nothing but onnxruntime is needed to run them.
"""

"""The training kit: real PaddleOCR trainings on a CPU, in minutes, from ``pip`` alone.

::

    from ppocr_guard.demo import configs, dataset, sources, train

    tree = sources.compose("2.10.0")              # or ("2.9.0", "2.8.1"): the PP-OCRv4 bug
    data = dataset.make_dataset("data", train_images=200, val_images=40, seed=0)
    options = configs.RunOptions(epoch_num=8, total_epoch=500, guard="Guard:\\n")
    config = configs.write("my.yml", data, "output", options)
    subprocess.run(train.command(tree, config), cwd=tree, env=train.environment())

``tree`` holds PaddleOCR's released ``tools/`` and ``ppocr/`` and the kit's model, loss,
optimizer and metric. ``["ppocr-guard", "run", "--", *train.command(tree, config)]`` guards it.
"""

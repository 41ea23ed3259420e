"""gensim's word2vec beside ours: the same sentences (one a line), the same settings.

    python3 gensim_train.py SENTENCES [--epochs 5] [--workers 2] [--seed 1] [--cbow] [--save FILE]

Prints one JSON object: words a second over all epochs (vocabulary building apart), and saves vectors on request.
"""
import argparse
import json
import time

from gensim.models import Word2Vec

parser = argparse.ArgumentParser()
parser.add_argument("sentences")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--cbow", action="store_true")
parser.add_argument("--save")
options = parser.parse_args()

with open(options.sentences, encoding="utf-8") as lines:
    sentences = [line.split() for line in lines]
model = Word2Vec(
    vector_size=100,
    window=5,
    negative=5,
    sg=0 if options.cbow else 1,
    alpha=0.05 if options.cbow else 0.025,
    min_count=5,
    workers=options.workers,
    seed=options.seed,
)
model.build_vocab(sentences)
began = time.perf_counter()
_, raw = model.train(sentences, total_examples=model.corpus_count, epochs=options.epochs)
seconds = time.perf_counter() - began
print(json.dumps({"words": raw, "seconds": seconds, "wordsPerSecond": raw / seconds, "vocabulary": len(model.wv)}))
if options.save:
    model.wv.save_word2vec_format(options.save, binary=True)

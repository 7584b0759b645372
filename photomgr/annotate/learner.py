"""What a person's decisions teach: one small logistic model for each tag, over the stored embeddings.

The logit of a tag on a photo is ``slope * prior + bias + weights . embedding``, where ``prior`` is the logit of
the network's own calibrated score (or the base rate, for a tag that the person invented). Slope and bias start at
1 and 0, the weights at 0, so that without decisions the network speaks alone. How far they may move is not chosen
but averaged: the model is fitted at several strengths, and each counts by how well it foretells every decision
from the others (approximate leave-one-out, Rad & Maleki 2020). The same foretold decisions calibrate the result.

Embeddings are whitened by the library's own covariance, shrunk: few-shot learning by plain angles drowns in the
few directions in which all photos differ. Nothing is stored and nothing depends on the order of decisions or on
earlier fits: the same decisions and embeddings give the same model, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIMENSIONS = 256
SHRINK = 0.2
STRENGTHS: tuple[float, ...] = (0.0, 1.0, 2.5, 6.0)
FAVOUR: float = 1.0
BASE = 0.01
CERTAIN = 7.0
BACKGROUND_WEIGHT = 0.1
CENTRE_SPREAD = 1.0
SLOPE_SPREAD = 0.3


@dataclass(frozen=True, eq=False)
class Basis:
    """A whitening: (embedding - mean) @ axes has K directions of about equal spread and a mean square of 1."""

    mean: Floats
    axes: Floats

    @classmethod
    def of(cls, sample: NDArray[Any]) -> Basis:
        x = np.asarray(sample, np.float64)
        d = x.shape[1]
        mean = x.mean(axis=0)
        x = x - mean
        cov = x.T @ x / max(1, len(x))
        values, vectors = np.linalg.eigh(cov)
        values, vectors = values[::-1][:DIMENSIONS], vectors[:, ::-1][:, :DIMENSIONS]
        values = np.maximum(values, 0)
        floor = SHRINK * values.sum() / len(values)
        scale = 1 / np.sqrt(values + floor + 1e-12)
        axes = vectors * scale
        axes /= np.sqrt((values * scale**2).sum() + 1e-12)
        return cls(mean, axes)

    def __call__(self, e: NDArray[Any]) -> Floats:
        return (np.asarray(e, np.float64) - self.mean) @ self.axes


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def logit(p):
    p = np.clip(np.asarray(p, np.float64), 1e-4, 1 - 1e-4)
    return np.log(p) - np.log1p(-p)


def fit(rows, prior, truth, count, spread, start):
    """MAP by Newton. rows [N,K+2]"""
    precision = 1 / spread**2
    beta = start.copy()
    target = np.zeros(rows.shape[1]);
    for _ in range(25):
        eta = prior + rows @ beta
        p = sigmoid(eta)
        g = rows.T @ (count * (p - truth)) + precision * beta
        w = count * p * (1 - p)
        H = (rows.T * w) @ rows
        H[np.diag_indices_from(H)] += precision
        step = np.linalg.solve(H, g)
        # damped
        m = np.abs(rows @ step).max()
        beta -= step * min(1.0, 4.0 / max(m, 1e-9))
        if m < 1e-4:
            break
    eta = prior + rows @ beta
    p = sigmoid(eta); w = count * p * (1 - p)
    H = (rows.T * w) @ rows
    H[np.diag_indices_from(H)] += precision
    return beta, eta, p, w, H


def learn(basis, emb, prior, truth, bg, bg_prior, favour=None, strengths=None, bgw=None, known=True):
    """returns (weights_raw, slope, bias, loo)"""
    strengths = STRENGTHS if strengths is None else strengths
    favour = FAVOUR if favour is None else favour
    x = basis(np.concatenate([emb, bg]))
    pr = np.concatenate([prior, bg_prior])
    n, nb = len(emb), len(bg)
    count = np.concatenate([np.ones(n), np.full(nb, bgw if bgw is not None else BACKGROUND_WEIGHT)])
    y = np.concatenate([truth, sigmoid(bg_prior) if known else np.zeros(nb)])
    centre = pr if not known else pr
    rows = np.concatenate([(pr[:, None] / 3) if known else np.zeros((n + nb, 1)), np.ones((n + nb, 1)), x], axis=1)
    betas, scores, loos = [], [], []
    start = np.zeros(rows.shape[1])
    for s in strengths:
        if s == 0:
            r = rows[:, :2]
            spread = np.array([SLOPE_SPREAD * 3, CENTRE_SPREAD])
            b, eta, p, w, H = fit(r, pr, y, count, spread, start[:2])
            beta = np.zeros(rows.shape[1]); beta[:2] = b
        else:
            r = rows
            spread = np.concatenate([[SLOPE_SPREAD * 3, CENTRE_SPREAD], np.full(x.shape[1], s)])
            beta, eta, p, w, H = fit(r, pr, y, count, spread, start)
        start = beta
        h = np.einsum('ij,ji->i', r[:n], np.linalg.solve(H, r[:n].T))
        c = count[:n]
        loo = eta[:n] + h / np.maximum(1 - w[:n] * h, 1e-6) * c * (p[:n] - y[:n])
        ll = -np.logaddexp(0, np.where(truth > .5, -loo, loo)).sum()
        betas.append(beta); scores.append(ll + (favour if s == 0 else 0)); loos.append(loo)
    sc = np.array(scores); m = np.exp(sc - sc.max()); m /= m.sum()
    beta = (m[:, None] * np.array(betas)).sum(0)
    loo = (m[:, None] * np.array(loos)).sum(0)
    w_raw = basis.axes @ beta[2:]
    return w_raw, beta[0] / 3, beta[1] - basis.mean @ w_raw, loo, m

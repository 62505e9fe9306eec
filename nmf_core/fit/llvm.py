"""Two loops in LLVM's own terms, since numba has no way to say "keep these sums in registers"; and a counter shared by threads."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

PAD = 8  # a row of weights is padded with zeros to a multiple of this: whole vectors, no remainder loops


VECTOR_BYTES = 32  # 8 float32 or 4 float64; where the processor has narrower ones LLVM splits them


UNROLLED = 4  # ratings at a time in `row_gradient`: hides the time that a sum takes to come back from memory


# Sums may be reordered and fused, which is what vectors need; NaN and infinity keep their meaning.
FAST = ("contract", "reassoc", "nsz")


class _Vectors:
    """Loads, stores and sums of vectors of an array's element type, for the code generators below."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.context, self.builder = context, builder
        self.size = dtype.bitwidth // 8
        self.lanes = VECTOR_BYTES // self.size
        self.element = context.get_data_type(dtype)
        self.type = ir.VectorType(self.element, self.lanes)
        self.zero = ir.Constant(self.type, [0.0] * self.lanes)

    def load(self, pointer: Any) -> Any:
        value = self.builder.load(self.builder.bitcast(pointer, self.type.as_pointer()))
        value.align = self.size
        return value

    def store(self, value: Any, pointer: Any) -> None:
        self.builder.store(value, self.builder.bitcast(pointer, self.type.as_pointer())).align = self.size

    def splat(self, scalar: Any) -> Any:
        """A vector with the scalar in each lane."""
        undefined = ir.Constant(self.type, ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, undefined, lanes)

    def add_product(self, total: Any, x: Any, y: Any) -> Any:
        """total + x·y, fused where the processor can."""
        return self.builder.fadd(total, self.builder.fmul(x, y, flags=FAST), flags=FAST)

    def total(self, vector: Any) -> Any:
        """The sum over lanes."""
        name = f"llvm.vector.reduce.fadd.v{self.lanes}f{self.size * 8}"
        kind = ir.FunctionType(self.element, [self.element, self.type])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [ir.Constant(self.element, 0.0), vector], fastmath=FAST)


def _word(number: int) -> Any:
    return ir.Constant(ir.IntType(64), number)


def _steps(builder: Any, start: Any, stop: Any, step: int) -> Any:
    """A counting loop; `with` gives its index."""
    return cgutils.for_range_slice(builder, start, stop, _word(step), ir.IntType(64))


def _rank_one_tile(rows: int, columns: int) -> Any:
    """A loop that adds Σ_p b bᵀ to the tile G[f:f+rows, g:g+columns·lanes], b = B[indices[p]], p from `start` to `stop`."""

    @intrinsic
    def tile(typing: Any, B: Any, indices: Any, start: Any, stop: Any, f: Any, g: Any, G: Any) -> Any:
        signature = types.void(B, indices, types.int64, types.int64, types.int64, types.int64, G)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kinds = signature.args
            b, cells, square = (context.make_array(kinds[k])(context, builder, args[k]) for k in (0, 1, 6))
            start, stop, f, g = args[2:6]
            vectors = _Vectors(context, builder, kinds[0].dtype)
            width = builder.extract_value(b.shape, 1)
            sums = [[cgutils.alloca_once(builder, vectors.type) for _ in range(columns)] for _ in range(rows)]
            for one in (one for row in sums for one in row):
                builder.store(vectors.zero, one)
            places = [builder.add(g, _word(k * vectors.lanes)) for k in range(columns)]
            with _steps(builder, start, stop, 1) as (p, _):
                j = builder.sext(builder.load(builder.gep(cells.data, [p])), ir.IntType(64))
                row = builder.gep(b.data, [builder.mul(j, width)])
                right = [vectors.load(builder.gep(row, [place])) for place in places]
                left = builder.gep(row, [f])
                for k in range(rows):
                    x = vectors.splat(builder.load(builder.gep(left, [_word(k)])))
                    for one, y in zip(sums[k], right, strict=True):
                        builder.store(vectors.add_product(builder.load(one), x, y), one)
            for k in range(rows):
                at_row = builder.mul(builder.add(f, _word(k)), width)
                for one, place in zip(sums[k], places, strict=True):
                    at = builder.gep(square.data, [builder.add(at_row, place)])
                    vectors.store(builder.fadd(vectors.load(at), builder.load(one)), at)
            return context.get_dummy_value()

        return signature, generate

    return tile


# Eight sums each: as many as hide the time of one. Two vectors side by side are read four times for eight, one eight times.
tile_8_1, tile_4_2, tile_4_1 = _rank_one_tile(8, 1), _rank_one_tile(4, 2), _rank_one_tile(4, 1)


@intrinsic
def row_gradient(
    typing: Any,
    a: Any,
    B: Any,
    indices: Any,
    data: Any,
    start: Any,
    stop: Any,
    omega: Any,
    value: Any,
    g: Any,
    curve: Any,
) -> Any:
    """g += Σ_p ((v − y) − ω (b₀ − y)) b with y = a·b, curve += Σ_p b²; returns Σ_p (v − y)² − ω (b₀ − y)²."""
    signature = types.float64(a, B, indices, data, types.int64, types.int64, a.dtype, a.dtype, g, curve)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        a, b, cells, ratings, gradient, bend = (
            context.make_array(kinds[k])(context, builder, args[k]) for k in (0, 1, 2, 3, 8, 9)
        )
        start, stop, omega, value = args[4:8]
        vectors = _Vectors(context, builder, kinds[1].dtype)
        double = ir.DoubleType()
        width = builder.extract_value(b.shape, 1)
        loss = cgutils.alloca_once_value(builder, ir.Constant(double, 0.0))
        sums = [cgutils.alloca_once(builder, vectors.type) for _ in range(UNROLLED)]

        def together(p: Any, count: int) -> None:
            """The ratings p … p + count − 1."""
            rows = []
            for k in range(count):
                j = builder.sext(builder.load(builder.gep(cells.data, [builder.add(p, _word(k))])), ir.IntType(64))
                rows.append(builder.gep(b.data, [builder.mul(j, width)]))
                builder.store(vectors.zero, sums[k])
            with _steps(builder, _word(0), width, vectors.lanes) as (q, _):
                x = vectors.load(builder.gep(a.data, [q]))
                for row, one in zip(rows, sums, strict=False):
                    y = vectors.load(builder.gep(row, [q]))
                    builder.store(vectors.add_product(builder.load(one), x, y), one)
            errors, squares = [], ir.Constant(double, 0.0)
            for k in range(count):
                score = vectors.total(builder.load(sums[k]))
                residual = builder.fsub(builder.load(builder.gep(ratings.data, [builder.add(p, _word(k))])), score)
                short = builder.fsub(value, score)
                errors.append(vectors.splat(builder.fsub(residual, builder.fmul(omega, short))))
                square = builder.fsub(builder.fmul(residual, residual), builder.fmul(omega, builder.fmul(short, short)))
                squares = builder.fadd(squares, builder.fpext(square, double) if vectors.size == 4 else square)
            builder.store(builder.fadd(builder.load(loss), squares), loss)
            with _steps(builder, _word(0), width, vectors.lanes) as (q, _):
                at, at_bend = builder.gep(gradient.data, [q]), builder.gep(bend.data, [q])
                total, squares_of_b = vectors.load(at), vectors.load(at_bend)
                for row, error in zip(rows, errors, strict=True):
                    y = vectors.load(builder.gep(row, [q]))
                    total = vectors.add_product(total, error, y)
                    squares_of_b = vectors.add_product(squares_of_b, y, y)
                vectors.store(total, at)
                vectors.store(squares_of_b, at_bend)

        whole = builder.add(start, builder.and_(builder.sub(stop, start), _word(-UNROLLED)))
        with _steps(builder, start, whole, UNROLLED) as (p, _):
            together(p, UNROLLED)
        with _steps(builder, whole, stop, 1) as (p, _):
            together(p, 1)
        return builder.load(loss)

    return signature, generate


@intrinsic
def take_block(typing: Any, counter: Any) -> Any:
    """counter[0], which is one more afterwards, in one step that no other thread can come between."""
    signature = types.int64(counter)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", at, _word(1), "monotonic")

    return signature, generate

// Subscripts and creations that cannot be.

import Lathe

private let x = Tensor.zeros([4, 3])
private let i = Tensor([0, 1])
private let truths = Tensor([true, false, true, false])

extension MisuseTable {
  static let subscripts = MisuseTable(
    "SubscriptMisuse.swift",
    [
      (
        "gather: an index along axis 0 of f32[4,3] is not in 0..<4",
        { _ = x[Tensor([0, 4])].scalars(as: Float.self) }
      ),
      ("subscript: f32[4,3]: integer indices expected, found f32[1]", { _ = x[Tensor([1.5])] }),
      (
        "subscript: f32[4,3]: a mask with the extents of axes from 0 on expected, found bool[3]",
        { _ = x[Tensor([true, false, true])] }
      ),
      (
        "subscript: f32[4,3]: a mask with the extents of axes from 1 on expected, found bool[4]",
        { _ = x[.all, truths] }
      ),
      (
        "subscript: f32[4,3]: a mask with the extents of axes from 0 on expected, found bool",
        { _ = x[Tensor(true)] }
      ),
      ("subscript: f32[4,3]: 3 indices for 2 axes", { _ = x[i, i, i] }),
      ("subscript: f32[4,3]: 3 indices for 2 axes", { _ = x[x .> 0, i] }),
      ("subscript: f32[4,3]: index 4 on axis 0 of extent 4", { _ = x[4, i] }),
      ("subscript: f32[4,3]: range 2..<4 on axis 1 of extent 3", { _ = x[i, 2..<4] }),
      ("subscript: f32[4,3]: a stride of 0 on axis 1", { _ = x[i, .stride(by: 0)] }),
      ("subscript: more than one ellipsis", { _ = x[.ellipsis, i, .ellipsis] }),
      (
        "subscript: i64[2], i64[3] do not broadcast: axis 0 is 2 and 3",
        { _ = x[i, Tensor([0, 1, 2])] }
      ),
      (
        "subscript: f32[4,3][bool[4]]: the shape of the result depends on values, which a "
          + "function does not have while it is traced; select(mask, x, y) keeps the shape of x",
        { _ = compile { (mask: Tensor) in x[mask] }(truths) }
      ),
      (
        "subscript: f32[4,3][bool[4]]: the shape of the result depends on values, which a "
          + "function does not have while it is traced; select(mask, x, y) keeps the shape of x",
        {
          _ = compile { (mask: Tensor) in
            var y = x
            y[mask] += 1
            return y
          }(truths)
        }
      ),
      (
        "subscript: f32[4,3] = f64[3]: operands of one type expected; cast(to:) converts",
        {
          var y = x
          y[i] = Tensor.zeros([3], .f64)
        }
      ),
      (
        "subscript: f32[2] does not broadcast to [2, 3]",
        {
          var y = x
          y[i] = Tensor.zeros([2])
        }
      ),
      (
        "subscript: a slice of shape [4, 3] = f32[2]: it does not broadcast",
        {
          var y = x
          y[truths] = Tensor.zeros([2])
        }
      ),
      (
        "subscript: f32[3,3] does not broadcast to [2, 3]",
        {
          var y = x
          y[truths] = Tensor.zeros([3, 3])
        }
      ),
      (
        "subscript: i64[2] = 0.5: it is no i64",
        {
          var y = i
          y[y .> 0] = 0.5
        }
      ),
      (
        "nonZero: f32[4,3]: the shape of the result depends on values, which a function does not "
          + "have while it is traced; select(mask, x, y) and topK(_:) have shapes of their own",
        { _ = compile { (x: Tensor) in x.nonZero()[0] }(x) }
      ),
      ("nonZero: 1.5: at least one axis expected", { _ = Tensor(1.5).nonZero() }),
      (
        "unique: f32[4,3]: the shape of the result depends on values, which a function does not "
          + "have while it is traced; sorted() has a shape of its own",
        { _ = compile { (x: Tensor) in x.unique() }(x) }
      ),
      (
        "distinctElements: f32[4,3]: the shape of the result depends on values, which a function "
          + "does not have while it is traced; sorted() has a shape of its own",
        { _ = compile { (x: Tensor) in x.distinctElements().counts }(x) }
      ),
      ("countNonZero: axis 2 of a tensor of rank 2", { _ = x.countNonZero(axes: [2]) }),
      ("arange: 0.0 to 1.0 by 0.0 has no end", { _ = Tensor.arange(0, 1, step: 0.0) }),
      ("arange: the step is 0", { _ = Tensor.arange(0, 1, step: 0) }),
      (
        "arange: a float type expected, found i64",
        { _ = Tensor.arange(0, 1, step: 0.5, .i64) }
      ),
      (
        "linspace: a float type expected, found i64",
        { _ = Tensor.linspace(0, 1, count: 3, .i64) }
      ),
      ("linspace: negative extent in [-1]", { _ = Tensor.linspace(0, 1, count: -1) }),
      ("full: 0.5 is no i64", { _ = Tensor.full(like: i, 0.5) }),
      ("iota: negative extent in [-1, -1]", { _ = Tensor.eye(-1) }),
    ])
}

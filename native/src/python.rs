//! The module `intact_native` for Python.

use arrow_data::ArrayData;
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyMemoryView};

use crate::cells::Role;
use crate::counts::Field;
use crate::framing;
use crate::keys::{self, Texts};
use crate::project::{self, Projected, Tally};
use crate::recurring;

/// From how many bytes on other threads may run meanwhile.
const LARGE: usize = 64 * 1024;

/// What became of a block: its rows, how many documents there were, how many of them were lost, how many problems there
/// were, how many documents give a wanted field twice, where the first documents with a problem begin and end, and the
/// fields that occur; last, where the first documents begin and end that give a wanted field twice, and
/// the digests of the rows' documents.
type Told = (Batch, usize, usize, usize, usize, Vec<(usize, usize)>, Vec<Place>, Vec<(usize, usize)>, Py<PyBytes>);

/// The names that lead to a place, whether more fields occur there than are kept, and each that is kept: its name, how
/// many documents have a value other than null there, and how many one of each kind.
type Place = (Vec<String>, bool, Vec<(Py<PyBytes>, u64, Vec<(u8, u64)>)>);

/// A path that is wanted, as steps, with the names of its roles, and the steps to the currency of its amounts.
type Asked = (Vec<String>, Vec<String>, Option<Vec<String>>);

/// Projects blocks of one collection. Several threads may use it at once.
#[pyclass(frozen, module = "intact_native")]
struct Projector {
    core: project::Projector,
}

#[pymethods]
impl Projector {
    /// Wanted are paths, as steps, with the names of their roles, both in the order of the columns, and with the path
    /// of the currency of amounts where that goes through an array; counted are paths of which only that they occur is.
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "what is made of a Python list is nobody else's")]
    fn new(wanted: Vec<Asked>, counted: Vec<Vec<String>>) -> PyResult<Self> {
        let role = |name: String| Role::parse(&name).ok_or_else(|| format!("{name} is no role"));
        let wanted = wanted.into_iter().map(|(path, roles, currency)| {
            Ok((path, roles.into_iter().map(role).collect::<Result<_, _>>()?, currency))
        });
        let core = wanted.collect::<Result<Vec<_>, _>>().and_then(|wanted| project::Projector::new(&wanted, &counted));
        Ok(Self { core: core.map_err(PyValueError::new_err)? })
    }

    /// Project whole documents that lie end to end.
    fn project(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Told> {
        let data = Data::of(data)?;
        let data = data.bytes()?;
        let Projected { rows, digests, fields, tally } = py.detach(|| self.core.project(data)).map_err(|error| {
            let size = data.len();
            PyOverflowError::new_err(format!("a block of {size} bytes is more than columns can hold: {error}"))
        })?;
        let Tally { documents, lost, damaged, repeated, troubled, repeats } = tally;
        let places = self.core.places().iter().zip(fields).map(|(way, (fields, further))| {
            let told = |field: Field| (PyBytes::new(py, &field.name).unbind(), field.documents, field.kinds);
            (way.clone(), further, fields.into_iter().map(told).collect())
        });
        let digests = PyBytes::new(py, &digests).unbind();
        Ok((Batch { rows }, documents, lost, damaged, repeated, troubled, places.collect(), repeats, digests))
    }
}

/// Rows, to be taken over through the Arrow `PyCapsule` interface.
#[pyclass(frozen, module = "intact_native")]
struct Batch {
    rows: ArrayData,
}

#[pymethods]
impl Batch {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema); // a wish that need not be granted
        let schema = FFI_ArrowSchema::try_from(self.rows.data_type());
        let schema = schema.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let schema = PyCapsule::new_with_value(py, schema, c"arrow_schema")?;
        let rows = FFI_ArrowArray::new(&self.rows);
        Ok((schema, PyCapsule::new_with_value(py, rows, c"arrow_array")?))
    }
}

/// Hop over whole documents: where they stop, and the length of what comes next, if it can be seen.
#[pyfunction]
fn hop(py: Python<'_>, data: &Bound<'_, PyAny>, at: usize) -> PyResult<(usize, Option<i32>)> {
    let data = Data::of(data)?;
    let data = data.bytes()?;
    if data.len().saturating_sub(at) < LARGE {
        return Ok(framing::hop(data, at));
    }
    Ok(py.detach(|| framing::hop(data, at)))
}

/// Of numbers of eight bytes each, the places of those that stand more than once, as such numbers too.
#[pyfunction(name = "recurring")]
fn recurring_of(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Py<PyBytes>> {
    let data = Data::of(data)?;
    let data = data.bytes()?;
    let places = py.detach(|| recurring::recurring(data).into_iter().flat_map(u64::to_le_bytes).collect::<Vec<_>>());
    Ok(PyBytes::new(py, &places).unbind())
}

/// A number for each text, equal for equal texts and nearly never for others, eight bytes each. Texts are given as Arrow
/// has them.
#[pyfunction]
fn numbers(py: Python<'_>, offsets: &Bound<'_, PyAny>, letters: &Bound<'_, PyAny>) -> PyResult<Py<PyBytes>> {
    let (offsets, letters) = (Data::of(offsets)?, Data::of(letters)?);
    let texts = Texts { offsets: offsets.bytes()?, letters: letters.bytes()? };
    Ok(PyBytes::new(py, &py.detach(|| recurring::numbers(texts))).unbind())
}

/// Keys, among which references are looked for. Several threads may do so at once.
#[pyclass(frozen, module = "intact_native")]
struct Keys {
    core: keys::Keys,
}

#[pymethods]
impl Keys {
    /// Texts are given in parts, each as Arrow has them.
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "what is made of a Python list is nobody else's")]
    fn new(py: Python<'_>, parts: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)>) -> PyResult<Self> {
        let read = |(offsets, letters): &(_, _)| Ok((Data::of(offsets)?, Data::of(letters)?));
        let parts = parts.iter().map(read).collect::<PyResult<Vec<_>>>()?;
        let texts =
            parts.iter().map(|(offsets, letters)| Ok(Texts { offsets: offsets.bytes()?, letters: letters.bytes()? }));
        let texts = texts.collect::<PyResult<Vec<_>>>()?;
        let core = py.detach(|| keys::Keys::new(&texts)).map_err(PyOverflowError::new_err)?;
        Ok(Self { core })
    }

    /// The places of the texts that are none of the keys, as numbers of eight bytes each.
    fn strays(&self, py: Python<'_>, offsets: &Bound<'_, PyAny>, letters: &Bound<'_, PyAny>) -> PyResult<Py<PyBytes>> {
        let (offsets, letters) = (Data::of(offsets)?, Data::of(letters)?);
        let texts = Texts { offsets: offsets.bytes()?, letters: letters.bytes()? };
        let places = py.detach(|| self.core.strays(texts).into_iter().flat_map(u64::to_le_bytes).collect::<Vec<_>>());
        Ok(PyBytes::new(py, &places).unbind())
    }
}

/// `bytes`, or the part of them that a memoryview shows. Nothing else, since other memory may change while it is read.
struct Data<'py> {
    all: Bound<'py, PyBytes>,
    view: Option<PyBuffer<u8>>,
}

impl<'py> Data<'py> {
    fn of(data: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(all) = data.cast::<PyBytes>() {
            return Ok(Self { all: all.clone(), view: None });
        }
        let no_bytes = || PyTypeError::new_err("the documents must be bytes, or a memoryview of bytes");
        let view = data.cast::<PyMemoryView>().map_err(|_| no_bytes())?;
        let all = view.getattr("obj")?.cast_into::<PyBytes>().map_err(|_| no_bytes())?;
        let view = PyBuffer::get(data)?;
        if view.is_c_contiguous() { Ok(Self { all, view: Some(view) }) } else { Err(no_bytes()) }
    }

    fn bytes(&self) -> PyResult<&[u8]> {
        let all = self.all.as_bytes();
        let Some(view) = &self.view else {
            return Ok(all);
        };
        let start = view.buf_ptr().addr().wrapping_sub(all.as_ptr().addr());
        let part = start.checked_add(view.len_bytes()).and_then(|end| all.get(start..end));
        part.ok_or_else(|| PyTypeError::new_err("the memoryview does not show a part of its bytes"))
    }
}

#[pymodule]
fn intact_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<Projector>()?;
    module.add_class::<Batch>()?;
    module.add_class::<Keys>()?;
    module.add_function(wrap_pyfunction!(hop, module)?)?;
    module.add_function(wrap_pyfunction!(numbers, module)?)?;
    module.add_function(wrap_pyfunction!(recurring_of, module)?)
}

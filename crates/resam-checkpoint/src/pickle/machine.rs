//! The stack machine that a pickle is a program for.

use std::collections::HashMap;

use super::{Class, MOST_VALUES, PickleError, Storage, Value, View, class};

/// Most dimensions of a tensor, far above what any model uses.
const MOST_DIMENSIONS: usize = 16;
/// Longest name of a storage; PyTorch writes a small number.
const LONGEST_STORAGE_KEY: usize = 256;

/// A program, how far it has run, and what it has made.
pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value<'a>>,
    /// Heights of the stack at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Value<'a>>,
    /// Values made so far, on the stack, in the memo and among marks.
    made: usize,
    tuples: Vec<Value<'a>>,
    pub(super) dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    storages: Vec<Storage<'a>>,
    pub(super) tensors: Vec<View<'a>>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Machine {
            bytes,
            at: 0,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            made: 0,
            tuples: Vec::new(),
            dicts: Vec::new(),
            storages: Vec::new(),
            tensors: Vec::new(),
        }
    }

    /// Executes up to the STOP instruction; one arm an instruction, named as in `pickletools`.
    pub(super) fn run(&mut self) -> Result<Value<'a>, PickleError> {
        loop {
            let at = self.at;
            let opcode = self.byte()?;
            match opcode {
                b'.' => return self.pop(), // STOP
                0x80 => {
                    // PROTO
                    if self.byte()? > 5 {
                        return Err(self.damaged("the protocol is newer than 5"));
                    }
                }
                0x95 => drop(self.take(8)?), // FRAME
                b'(' => {
                    // MARK
                    self.count()?;
                    self.marks.push(self.stack.len());
                }
                b'0' => drop(self.pop()?),               // POP
                b'1' => drop(self.pop_to_mark()?),       // POP_MARK
                b'2' => self.push(self.top()?)?,         // DUP
                b'N' => self.push(Value::None)?,         // NONE
                0x88 | 0x89 => self.push(Value::Other)?, // NEWTRUE, NEWFALSE
                b'G' => {
                    // BINFLOAT
                    self.take(8)?;
                    self.push(Value::Other)?;
                }
                b'K' | b'M' | b'J' => {
                    // BININT1, BININT2 (both unsigned) and BININT
                    let value = match opcode {
                        b'K' => self.byte()?.into(),
                        b'M' => u16::from_le_bytes(self.array()?).into(),
                        _ => i32::from_le_bytes(self.array()?).into(),
                    };
                    self.push(Value::Integer(value))?;
                }
                0x8a | 0x8b => {
                    // LONG1, LONG4
                    let length = if opcode == 0x8a { 1 } else { 4 };
                    let digits = self.counted(length)?;
                    self.push(integer(digits))?;
                }
                b'X' | 0x8c | 0x8d | b'U' | b'T' => {
                    // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, SHORT_BINSTRING, BINSTRING
                    let length = match opcode {
                        b'X' | b'T' => 4,
                        0x8d => 8,
                        _ => 1,
                    };
                    let text = str::from_utf8(self.counted(length)?);
                    let text = text.map_err(|_| self.damaged("text that is not UTF-8"))?;
                    self.push(Value::Text(text))?;
                }
                b'B' | b'C' | 0x8e | 0x96 => {
                    // BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
                    let length = match opcode {
                        b'B' => 4,
                        b'C' => 1,
                        _ => 8,
                    };
                    self.counted(length)?;
                    self.push(Value::Other)?;
                }
                b')' => self.push_tuple(self.stack.len())?, // EMPTY_TUPLE
                0x85..=0x87 => {
                    // TUPLE1, TUPLE2, TUPLE3
                    let length = usize::from(opcode - 0x84);
                    let start = self.stack.len().checked_sub(length);
                    let start = start.filter(|&start| start >= self.floor());
                    self.push_tuple(start.ok_or_else(|| self.damaged("too few values"))?)?;
                }
                b't' => {
                    // TUPLE
                    let mark = self.pop_mark()?;
                    self.push_tuple(mark)?;
                }
                b']' => self.push(Value::Other)?, // EMPTY_LIST
                b'a' => {
                    // APPEND
                    self.pop()?;
                    self.expect_other()?;
                }
                b'e' => {
                    // APPENDS
                    self.pop_to_mark()?;
                    self.expect_other()?;
                }
                b'}' => self.push_dict()?, // EMPTY_DICT
                b's' => {
                    // SETITEM
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.top_dict()?.push((key, value));
                }
                b'u' => {
                    // SETITEMS
                    let items = self.pop_to_mark()?;
                    if items.len() % 2 != 0 {
                        return Err(self.damaged("a key without a value"));
                    }
                    let pairs = items.chunks_exact(2).map(|pair| (pair[0], pair[1]));
                    self.top_dict()?.extend(pairs);
                }
                b'c' => {
                    // GLOBAL
                    let module = self.line()?;
                    let name = self.line()?;
                    self.push(Value::Class(class(module, name)?))?;
                }
                0x93 => {
                    // STACK_GLOBAL
                    let (name, module) = (self.pop()?, self.pop()?);
                    let (Value::Text(module), Value::Text(name)) = (module, name) else {
                        return Err(self.damaged("a class whose name is not text"));
                    };
                    self.push(Value::Class(class(module, name)?))?;
                }
                b'Q' => {
                    // BINPERSID
                    let id = self.pop()?;
                    let storage = self.storage(id)?;
                    self.storages.push(storage);
                    self.push(Value::Storage(self.storages.len() - 1))?;
                }
                b'R' => {
                    // REDUCE
                    let (arguments, class) = (self.pop()?, self.pop()?);
                    self.rebuild(class, arguments)?;
                }
                b'b' => {
                    // BUILD: sets attributes, for a state dict `_metadata`, which is not needed
                    self.pop()?;
                    self.top_dict()?;
                }
                b'q' | b'r' | 0x94 => {
                    // BINPUT, LONG_BINPUT, MEMOIZE
                    let slot = match opcode {
                        b'q' => self.byte()?.into(),
                        b'r' => u32::from_le_bytes(self.array()?),
                        _ => self.memo.len() as u32,
                    };
                    self.count()?;
                    self.memo.insert(slot, self.top()?);
                }
                b'h' | b'j' => {
                    // BINGET, LONG_BINGET
                    let slot = match opcode {
                        b'h' => self.byte()?.into(),
                        _ => u32::from_le_bytes(self.array()?),
                    };
                    let value = self.memo.get(&slot).copied();
                    self.push(value.ok_or_else(|| self.damaged("a value never stored"))?)?;
                }
                opcode => return Err(PickleError::UnknownInstruction { opcode, at }),
            }
        }
    }

    /// Calls one of the known functions: describes what it would make.
    fn rebuild(&mut self, class: Value<'a>, arguments: Value<'a>) -> Result<(), PickleError> {
        let arguments = self.tuple(arguments)?.to_vec();
        match (class, arguments.as_slice()) {
            (Value::Class(Class::OrderedDict), []) => self.push_dict(),
            // Storage, offset, shape, strides, whether it wants gradients, hooks; the seventh
            // argument marks conjugated or negated views, whose bytes are not their values.
            (
                Value::Class(Class::RebuildTensor),
                &[Value::Storage(storage), offset, shape, strides, _, _]
                | &[
                    Value::Storage(storage),
                    offset,
                    shape,
                    strides,
                    _,
                    _,
                    Value::None,
                ],
            ) => {
                let view = View {
                    storage: self.storages[storage],
                    offset: self.size(offset)?,
                    shape: self.sizes(shape)?,
                    strides: self.sizes(strides)?,
                };
                self.tensors.push(view);
                self.push(Value::Tensor(self.tensors.len() - 1))
            }
            // Tensor, whether it wants gradients, hooks.
            (Value::Class(Class::RebuildParameter), &[tensor @ Value::Tensor(_), _, _]) => {
                self.push(tensor)
            }
            _ => Err(self.damaged("a call with the wrong arguments")),
        }
    }

    /// The storage of a persistent id: ('storage', class, key, device, number of elements).
    fn storage(&self, id: Value<'a>) -> Result<Storage<'a>, PickleError> {
        match *self.tuple(id)? {
            [
                Value::Text("storage"),
                Value::Class(Class::Storage(dtype)),
                Value::Text(key),
                Value::Text(_device),
                elements,
            ] if key.len() <= LONGEST_STORAGE_KEY => Ok(Storage {
                key,
                dtype,
                elements: self.size(elements)?,
            }),
            _ => Err(self.damaged("a persistent id that is not a storage")),
        }
    }

    fn size(&self, value: Value<'a>) -> Result<usize, PickleError> {
        match value {
            Value::Integer(size) => usize::try_from(size).ok(),
            _ => None,
        }
        .ok_or_else(|| self.damaged("a size that is not a natural number"))
    }

    fn sizes(&self, tuple: Value<'a>) -> Result<Vec<usize>, PickleError> {
        let sizes = self.tuple(tuple)?;
        if sizes.len() > MOST_DIMENSIONS {
            return Err(self.damaged("a tensor of more than 16 dimensions"));
        }
        sizes.iter().map(|&size| self.size(size)).collect()
    }

    fn tuple(&self, value: Value<'a>) -> Result<&[Value<'a>], PickleError> {
        match value {
            Value::Tuple { start, length } => Ok(&self.tuples[start..start + length]),
            _ => Err(self.damaged("something else where a tuple belongs")),
        }
    }

    fn push(&mut self, value: Value<'a>) -> Result<(), PickleError> {
        self.count()?;
        self.stack.push(value);
        Ok(())
    }

    /// Makes a tuple of the stack above `start`.
    fn push_tuple(&mut self, start: usize) -> Result<(), PickleError> {
        let tuple = Value::Tuple {
            start: self.tuples.len(),
            length: self.stack.len() - start,
        };
        self.tuples.extend(self.stack.drain(start..));
        self.push(tuple)
    }

    fn push_dict(&mut self) -> Result<(), PickleError> {
        self.dicts.push(Vec::new());
        self.push(Value::Dict(self.dicts.len() - 1))
    }

    /// Counts one more value; every list grows by counted values only.
    fn count(&mut self) -> Result<(), PickleError> {
        self.made += 1;
        if self.made > MOST_VALUES {
            Err(PickleError::TooManyValues)
        } else {
            Ok(())
        }
    }

    /// Height of the stack below which only a mark's own instruction may reach.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Value<'a>, PickleError> {
        let above = &self.stack[self.floor()..];
        above
            .last()
            .copied()
            .ok_or_else(|| self.damaged("too few values"))
    }

    fn pop(&mut self) -> Result<Value<'a>, PickleError> {
        let value = self.top()?;
        self.stack.pop();
        Ok(value)
    }

    fn pop_mark(&mut self) -> Result<usize, PickleError> {
        self.marks.pop().ok_or_else(|| self.damaged("no mark"))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>, PickleError> {
        let mark = self.pop_mark()?;
        Ok(self.stack.split_off(mark))
    }

    fn top_dict(&mut self) -> Result<&mut Vec<(Value<'a>, Value<'a>)>, PickleError> {
        match self.top()? {
            Value::Dict(dict) => Ok(&mut self.dicts[dict]),
            _ => Err(self.damaged("something else where a dict belongs")),
        }
    }

    fn expect_other(&self) -> Result<(), PickleError> {
        match self.top()? {
            Value::Other => Ok(()),
            _ => Err(self.damaged("something else where a list belongs")),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let taken = self.bytes[self.at..]
            .get(..length)
            .ok_or(PickleError::UnexpectedEnd)?;
        self.at += length;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], PickleError> {
        self.take(LENGTH)?
            .try_into()
            .map_err(|_| PickleError::UnexpectedEnd)
    }

    /// Bytes preceded by their number, itself of `length` bytes.
    fn counted(&mut self, length: usize) -> Result<&'a [u8], PickleError> {
        let mut number = [0; 8];
        number[..length].copy_from_slice(self.take(length)?);
        let number = usize::try_from(u64::from_le_bytes(number));
        self.take(number.map_err(|_| PickleError::UnexpectedEnd)?)
    }

    /// Text up to the end of the line.
    fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n');
        let line = self.take(length.ok_or(PickleError::UnexpectedEnd)?)?;
        self.at += 1;
        str::from_utf8(line).map_err(|_| self.damaged("text that is not UTF-8"))
    }

    fn damaged(&self, reason: &'static str) -> PickleError {
        PickleError::Damaged {
            at: self.at,
            reason,
        }
    }
}

/// A little-endian integer in two's complement of any length; a long one (a random seed, say) is
/// of no interest.
fn integer<'a>(digits: &[u8]) -> Value<'a> {
    let Some(&last) = digits.last() else {
        return Value::Integer(0);
    };
    if digits.len() > 8 {
        return Value::Other;
    }
    let mut extended = [if last >= 0x80 { 0xff } else { 0 }; 8];
    extended[..digits.len()].copy_from_slice(digits);
    Value::Integer(i64::from_le_bytes(extended))
}

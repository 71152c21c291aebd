#ifndef itkCosineTransform_h
#define itkCosineTransform_h

#include "itkInstructionSet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

namespace itk
{
/** Registers of floats as wide as VWidth doubles. */
template <int VWidth>
using Floats = typename Register<float, 2 * VWidth>::Type;

/** \class SmoothFourierTransform
 * \brief Discrete Fourier transform, sum_k z_k exp(-2 pi i jk / n), of 16 complex lines at once; n a product of 2, 3, 5
 * and 7.
 *
 * Element k of the lines is 16 real parts followed by 16 imaginary ones. Stockham's sort-free passes, in float with
 * twiddle factors rounded from double; the same bits whatever the registers.
 * \ingroup Spatial
 */
class SmoothFourierTransform
{
public:
  static constexpr std::size_t Half = 16;
  static constexpr std::size_t Lanes = 2 * Half;

  static bool
  IsSmooth(std::size_t length)
  {
    for (const std::size_t factor : { 2U, 3U, 5U, 7U })
    {
      while (length > 1 && length % factor == 0)
      {
        length /= factor;
      }
    }
    return length == 1;
  }

  explicit SmoothFourierTransform(std::size_t length)
    : m_Length(length)
  {
    std::size_t rest = length;
    for (const std::size_t radix : { 4U, 2U, 3U, 5U, 7U })
    {
      for (; rest % radix == 0 && rest > 1; rest /= radix)
      {
        Pass pass{ radix, rest / radix, length / rest, {}, {} };
        for (std::size_t q = 0; q < pass.blocks; ++q)
        {
          for (std::size_t k = 1; k < radix; ++k)
          {
            Append(pass.twiddles, q * k, rest);
          }
        }
        for (std::size_t k = 0; k < radix; ++k)
        {
          Append(pass.roots, k, radix);
        }
        m_Passes.push_back(std::move(pass));
      }
    }
  }

  std::size_t
  Length() const
  {
    return m_Length;
  }

  /** Transforms `values`, with `scratch` of the same size, and returns that of the two which holds the result. */
  template <int VWidth>
  [[gnu::always_inline]] inline float *
  Run(float * values, float * scratch) const
  {
    for (const auto & pass : m_Passes)
    {
      switch (pass.radix)
      {
        case 2:
          RunPass<VWidth, 2>(pass, values, scratch);
          break;
        case 3:
          RunPass<VWidth, 3>(pass, values, scratch);
          break;
        case 4:
          RunPass<VWidth, 4>(pass, values, scratch);
          break;
        case 5:
          RunPass<VWidth, 5>(pass, values, scratch);
          break;
        default:
          RunPass<VWidth, 7>(pass, values, scratch);
      }
      std::swap(values, scratch);
    }
    return values;
  }

private:
  struct Pass
  {
    std::size_t        radix;
    std::size_t        blocks; ///< transforms of this radix that differ in their twiddle factors
    std::size_t        stride; ///< elements that share them
    std::vector<float> twiddles;
    std::vector<float> roots; ///< cosines and sines of multiples of 2 pi / radix
  };

  /** exp(2 pi i k / n) */
  static void
  Append(std::vector<float> & table, std::size_t k, std::size_t n)
  {
    const double angle = 2.0 * std::acos(-1.0) * static_cast<double>(k % n) / static_cast<double>(n);
    table.push_back(static_cast<float>(std::cos(angle)));
    table.push_back(static_cast<float>(std::sin(angle)));
  }

  template <int VWidth, int VRadix>
  [[gnu::always_inline]] static inline void
  RunPass(const Pass & pass, const float * from, float * to)
  {
    using V = Floats<VWidth>;
    constexpr std::size_t width = 2 * VWidth;
    const std::size_t     apart = pass.stride * pass.blocks * Lanes;
    const float * const   roots = pass.roots.data();
    for (std::size_t q = 0; q < pass.blocks; ++q)
    {
      const float * const twiddle = pass.twiddles.data() + q * 2 * (VRadix - 1);
      for (std::size_t t = 0; t < pass.stride; ++t)
      {
        const float * const source = from + (t + pass.stride * q) * Lanes;
        float * const       target = to + (t + pass.stride * VRadix * q) * Lanes;
        for (std::size_t lane = 0; lane < Half; lane += width)
        {
          V re[VRadix];
          V im[VRadix];
#pragma GCC unroll 8
          for (std::size_t j = 0; j < VRadix; ++j)
          {
            re[j] = *reinterpret_cast<const V *>(source + j * apart + lane);
            im[j] = *reinterpret_cast<const V *>(source + j * apart + Half + lane);
          }
          Butterfly<V, VRadix>(re, im, roots);
          *reinterpret_cast<V *>(target + lane) = re[0];
          *reinterpret_cast<V *>(target + Half + lane) = im[0];
#pragma GCC unroll 8
          for (std::size_t k = 1; k < VRadix; ++k)
          {
            const float c = twiddle[2 * (k - 1)];
            const float s = twiddle[2 * (k - 1) + 1];
            float *     out = target + k * pass.stride * Lanes + lane;
            *reinterpret_cast<V *>(out) = re[k] * c + im[k] * s;
            *reinterpret_cast<V *>(out + Half) = im[k] * c - re[k] * s;
          }
        }
      }
    }
  }

  template <typename V, int VRadix>
  [[gnu::always_inline]] static inline void
  Butterfly(V * re, V * im, const float * roots)
  {
    if constexpr (VRadix == 2)
    {
      const V r = re[0] - re[1];
      const V i = im[0] - im[1];
      re[0] += re[1];
      im[0] += im[1];
      re[1] = r;
      im[1] = i;
    }
    else if constexpr (VRadix == 4)
    {
      const V sumRe = re[0] + re[2];
      const V sumIm = im[0] + im[2];
      const V differenceRe = re[0] - re[2];
      const V differenceIm = im[0] - im[2];
      const V oddRe = re[1] + re[3];
      const V oddIm = im[1] + im[3];
      const V turnedRe = im[1] - im[3]; // -i times the difference
      const V turnedIm = re[3] - re[1];
      re[0] = sumRe + oddRe;
      im[0] = sumIm + oddIm;
      re[1] = differenceRe + turnedRe;
      im[1] = differenceIm + turnedIm;
      re[2] = sumRe - oddRe;
      im[2] = sumIm - oddIm;
      re[3] = differenceRe - turnedRe;
      im[3] = differenceIm - turnedIm;
    }
    else
    {
      constexpr int pairs = VRadix / 2;
      V             sumRe[pairs];
      V             sumIm[pairs];
      V             differenceRe[pairs];
      V             differenceIm[pairs];
#pragma GCC unroll 8
      for (int j = 0; j < pairs; ++j)
      {
        sumRe[j] = re[j + 1] + re[VRadix - 1 - j];
        sumIm[j] = im[j + 1] + im[VRadix - 1 - j];
        differenceRe[j] = re[j + 1] - re[VRadix - 1 - j];
        differenceIm[j] = im[j + 1] - im[VRadix - 1 - j];
      }
      V totalRe = re[0];
      V totalIm = im[0];
#pragma GCC unroll 8
      for (int j = 0; j < pairs; ++j)
      {
        totalRe += sumRe[j];
        totalIm += sumIm[j];
      }
#pragma GCC unroll 8
      for (int k = 1; k <= pairs; ++k)
      {
        V evenRe = re[0];
        V evenIm = im[0];
        V oddRe{};
        V oddIm{};
#pragma GCC unroll 8
        for (int j = 0; j < pairs; ++j)
        {
          const float c = roots[2 * (k * (j + 1) % VRadix)];
          const float s = roots[2 * (k * (j + 1) % VRadix) + 1];
          evenRe += sumRe[j] * c;
          evenIm += sumIm[j] * c;
          oddRe += differenceIm[j] * s;
          oddIm += differenceRe[j] * s;
        }
        re[k] = evenRe + oddRe; // not read again: sums and differences hold what is left
        im[k] = evenIm - oddIm;
        re[VRadix - k] = evenRe - oddRe;
        im[VRadix - k] = evenIm + oddIm;
      }
      re[0] = totalRe;
      im[0] = totalIm;
    }
  }

  std::size_t       m_Length;
  std::vector<Pass> m_Passes;
};

/** \class CosineTransform
 * \brief C_k = sum_j x_j cos(pi (2j + 1) k / (2n)) of 32 real lines of any length n at once, and its inverse.
 *
 * The eigenvectors of the second difference with mirrored ends: where the discrete Poisson equation with Neumann
 * borders is diagonal. Lines a and a + 16 are real and imaginary part of one Fourier transform of length n; where n has
 * other prime factors than 2, 3, 5 and 7, that is a convolution with a chirp (Bluestein). In float: an error of about
 * 1e-7 of the root of the sum of squares of a pair of lines, the same bits whatever the registers.
 *
 * \par Reference
 * J. Makhoul, A fast cosine transform in one and two dimensions, IEEE TASSP 28:27, 1980. DOI 10.1109/TASSP.1980.1163351
 * \ingroup Spatial
 */
class CosineTransform
{
public:
  static constexpr std::size_t Half = SmoothFourierTransform::Half;
  static constexpr std::size_t Lanes = SmoothFourierTransform::Lanes;

  explicit CosineTransform(std::size_t length)
    : m_Length(length)
    , m_Fourier(FourierLength(length))
  {
    const double pi = std::acos(-1.0);
    const auto   n = static_cast<double>(length);
    for (std::size_t k = 0; k <= length / 2; ++k)
    {
      m_Quarter.push_back(static_cast<float>(std::cos(0.5 * pi * static_cast<double>(k) / n)));
      m_Quarter.push_back(static_cast<float>(std::sin(0.5 * pi * static_cast<double>(k) / n)));
    }
    if (m_Fourier.Length() == length)
    {
      return;
    }
    for (std::size_t k = 0; k < length; ++k)
    {
      const double angle = pi * static_cast<double>(k * k % (2 * length)) / n;
      m_Chirp.push_back(static_cast<float>(std::cos(angle)));
      m_Chirp.push_back(static_cast<float>(std::sin(angle)));
    }
    const std::size_t  m = m_Fourier.Length();
    std::vector<float> values(m * Lanes, 0.0F);
    std::vector<float> scratch(m * Lanes);
    for (std::size_t k = 0; k < length; ++k)
    {
      for (const std::size_t place : { k, (m - k) % m })
      {
        values[place * Lanes] = m_Chirp[2 * k];
        values[place * Lanes + Half] = m_Chirp[2 * k + 1];
      }
    }
    const float * spectrum = m_Fourier.Run<2>(values.data(), scratch.data());
    for (std::size_t k = 0; k < m; ++k)
    {
      m_ChirpSpectrum.push_back(spectrum[k * Lanes] / static_cast<float>(m));
      m_ChirpSpectrum.push_back(spectrum[k * Lanes + Half] / static_cast<float>(m));
    }
  }

  std::size_t
  Length() const
  {
    return m_Length;
  }

  /** Floats in each of the two buffers that Forward() and Inverse() work on. */
  std::size_t
  BufferSize() const
  {
    return m_Fourier.Length() * Lanes;
  }

  /** Where sample j of a line is put before Forward() and is found after Inverse(): times Lanes, plus the line. */
  std::size_t
  Place(std::size_t j) const
  {
    return j % 2 == 0 ? j / 2 : m_Length - 1 - j / 2;
  }

  /** Takes samples at their Place(), and leaves coefficient k at k; returns that of the two buffers which holds them.
   */
  float *
  Forward(float * values, float * scratch) const
  {
    return RunWith<ForwardKernel>(BestInstructionSet(), this, values, scratch);
  }

  /** Takes coefficient k at k, and leaves samples at their Place(); returns that of the two buffers which holds them.
   */
  float *
  Inverse(float * values, float * scratch) const
  {
    return RunWith<InverseKernel>(BestInstructionSet(), this, values, scratch);
  }

private:
  static std::size_t
  FourierLength(std::size_t length)
  {
    if (SmoothFourierTransform::IsSmooth(length))
    {
      return length;
    }
    std::size_t longer = 2 * length - 1;
    while (!SmoothFourierTransform::IsSmooth(longer))
    {
      ++longer;
    }
    return longer;
  }

  /** Of length n, for any n. */
  template <int VWidth>
  [[gnu::always_inline]] inline float *
  Fourier(float * values, float * scratch) const
  {
    if (m_Chirp.empty())
    {
      return m_Fourier.Run<VWidth>(values, scratch);
    }
    std::fill(values + m_Length * Lanes, values + m_Fourier.Length() * Lanes, 0.0F);
    Multiply<VWidth>(values, m_Chirp.data(), m_Length, -1.0F, 1.0F);
    float * spectrum = m_Fourier.Run<VWidth>(values, scratch);
    float * other = spectrum == values ? scratch : values;
    Multiply<VWidth>(spectrum, m_ChirpSpectrum.data(), m_Fourier.Length(), 1.0F, -1.0F);
    float * result = m_Fourier.Run<VWidth>(spectrum, other); // of the conjugate: the conjugate of the inverse
    Conjugate<VWidth>(result, m_Length);
    Multiply<VWidth>(result, m_Chirp.data(), m_Length, -1.0F, 1.0F);
    return result;
  }

  /** By the factors, conjugated for sign -1; the product conjugated for conjugation -1. */
  template <int VWidth>
  [[gnu::always_inline]] static inline void
  Multiply(float * values, const float * factors, std::size_t count, float sign, float conjugation)
  {
    using V = Floats<VWidth>;
    for (std::size_t k = 0; k < count; ++k)
    {
      const float c = factors[2 * k];
      const float s = sign * factors[2 * k + 1];
      for (std::size_t lane = 0; lane < Half; lane += 2 * VWidth)
      {
        auto &  re = *reinterpret_cast<V *>(values + k * Lanes + lane);
        auto &  im = *reinterpret_cast<V *>(values + k * Lanes + Half + lane);
        const V product = re * c - im * s;
        im = (re * s + im * c) * conjugation;
        re = product;
      }
    }
  }

  template <int VWidth>
  [[gnu::always_inline]] static inline void
  Conjugate(float * values, std::size_t count)
  {
    for (std::size_t k = 0; k < count; ++k)
    {
      for (std::size_t lane = 0; lane < Half; lane += 2 * VWidth)
      {
        auto & im = *reinterpret_cast<Floats<VWidth> *>(values + k * Lanes + Half + lane);
        im = -im;
      }
    }
  }

  struct ForwardKernel
  {
    template <int VWidth>
    [[gnu::always_inline]] static inline float *
    Run(const CosineTransform * self, float * values, float * scratch)
    {
      using V = Floats<VWidth>;
      float * const     result = self->Fourier<VWidth>(values, scratch);
      const std::size_t n = self->m_Length;
      for (std::size_t k = 1; 2 * k <= n; ++k) // element 0 holds the sums as they are
      {
        const float c = self->m_Quarter[2 * k];
        const float s = self->m_Quarter[2 * k + 1];
        for (std::size_t lane = 0; lane < Half; lane += 2 * VWidth)
        {
          float * const near = result + k * Lanes + lane;
          float * const far = result + (n - k) * Lanes + lane;
          const V       nearRe = *reinterpret_cast<const V *>(near);
          const V       nearIm = *reinterpret_cast<const V *>(near + Half);
          const V       farRe = *reinterpret_cast<const V *>(far);
          const V       farIm = *reinterpret_cast<const V *>(far + Half);
          // the spectra of the first and of the second sixteen lines
          const V firstRe = (nearRe + farRe) * 0.5F;
          const V firstIm = (nearIm - farIm) * 0.5F;
          const V secondRe = (nearIm + farIm) * 0.5F;
          const V secondIm = (farRe - nearRe) * 0.5F;
          *reinterpret_cast<V *>(near) = firstRe * c + firstIm * s;
          *reinterpret_cast<V *>(near + Half) = secondRe * c + secondIm * s;
          *reinterpret_cast<V *>(far) = 2 * k == n ? firstRe * c + firstIm * s : firstRe * s - firstIm * c;
          *reinterpret_cast<V *>(far + Half) = 2 * k == n ? secondRe * c + secondIm * s : secondRe * s - secondIm * c;
        }
      }
      return result;
    }
  };

  struct InverseKernel
  {
    template <int VWidth>
    [[gnu::always_inline]] static inline float *
    Run(const CosineTransform * self, float * values, float * scratch)
    {
      using V = Floats<VWidth>;
      const std::size_t n = self->m_Length;
      const float       scale = 1.0F / static_cast<float>(n);
      for (std::size_t k = 0; 2 * k <= n; ++k)
      {
        const float c = self->m_Quarter[2 * k] * scale;
        const float s = self->m_Quarter[2 * k + 1] * scale;
        for (std::size_t lane = 0; lane < Half; lane += 2 * VWidth)
        {
          float * const near = values + k * Lanes + lane;
          float * const far = values + (k == 0 ? 0 : n - k) * Lanes + lane;
          const V       nothing{};
          const V       nearFirst = *reinterpret_cast<const V *>(near);
          const V       nearSecond = *reinterpret_cast<const V *>(near + Half);
          const V       farFirst = k == 0 ? nothing : *reinterpret_cast<const V *>(far);
          const V       farSecond = k == 0 ? nothing : *reinterpret_cast<const V *>(far + Half);
          const V       firstRe = nearFirst * c + farFirst * s;
          const V       firstIm = nearFirst * s - farFirst * c;
          const V       secondRe = nearSecond * c + farSecond * s;
          const V       secondIm = nearSecond * s - farSecond * c;
          // conjugated, for the inverse of the conjugate
          *reinterpret_cast<V *>(far) = firstRe + secondIm;
          *reinterpret_cast<V *>(far + Half) = firstIm - secondRe;
          *reinterpret_cast<V *>(near) = firstRe - secondIm;
          *reinterpret_cast<V *>(near + Half) = -(firstIm + secondRe);
        }
      }
      float * const result = self->Fourier<VWidth>(values, scratch);
      Conjugate<VWidth>(result, n);
      return result;
    }
  };

  std::size_t            m_Length;
  SmoothFourierTransform m_Fourier;
  std::vector<float>     m_Quarter;       ///< cosines and sines of multiples of pi / (2n)
  std::vector<float>     m_Chirp;         ///< exp(i pi k^2 / n); empty where the Fourier transform is of length n
  std::vector<float>     m_ChirpSpectrum; ///< over the Fourier transform's length
};
} // namespace itk

#endif

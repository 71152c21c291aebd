#include "IsoluxProgram.h"

// What the processor has does not change a bit: neither our kernels' instruction set nor the C library's functions.
namespace isolux
{
namespace
{
class ProcessorTest : public testing::ProgramTest
{
protected:
  using Environment = std::map<std::string, std::string>;

  /** Narrower registers for our kernels; a C library without fused multiply-add; both. */
  static std::vector<Environment>
  Processors()
  {
    const std::string plain = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-FMA,-FMA4";
    return { { { "ISOLUX_INSTRUCTION_SET", "avx2" } },
             { { "GLIBC_TUNABLES", plain } },
             { { "GLIBC_TUNABLES", plain }, { "ISOLUX_INSTRUCTION_SET", "baseline" } } };
  }

  /** The output, and the sidecar but for what the run took. */
  std::string
  BytesOf(const std::string & pipeline, const std::string & input, const Environment & processor)
  {
    testing::ProcessOptions options;
    options.environment = processor;
    this->Expect(0, { "run", pipeline, input, "out.nii", "--force" }, {}, options);
    auto sidecar = this->Json("out.json");
    for (auto & channel : sidecar.at("channels"))
    {
      for (auto & stage : channel.at("stages"))
      {
        stage.erase("seconds");
      }
    }
    sidecar.erase("seconds");
    sidecar.erase("peak_memory_mib");
    return sidecar.dump(1) + this->Bytes("out.nii");
  }

  void
  ExpectSame(const std::string & pipeline, const std::string & input)
  {
    SCOPED_TRACE(pipeline);
    const auto expected = this->BytesOf(pipeline, input, {});
    for (const auto & processor : Processors())
    {
      EXPECT_TRUE(this->BytesOf(pipeline, input, processor) == expected) << processor.rbegin()->second;
    }
  }
};
} // namespace

TEST_F(ProcessorTest, EveryExamplePipelineGivesTheSameBytesOnEveryProcessor)
{
  this->WriteHead("head.nii");
  for (const auto & name : testing::Below(Data("pipelines")))
  {
    if (name != "apply-field.json") // its field is of another image
    {
      this->ExpectSame(Data("pipelines/" + name), "head.nii");
    }
  }
}

TEST_F(ProcessorTest, AHeadGivesTheSameBytesOnEveryProcessor)
{
  this->ExpectSame(Data("pipelines/default.json"), Data("heads/ixi013_T1w.nii.gz"));
}
} // namespace isolux
